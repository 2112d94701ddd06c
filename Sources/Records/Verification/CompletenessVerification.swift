/// Whether every image that a run promises has one record, in the order promised.
package struct CompletenessVerification {
  /// The data set's indices in the order of the run.
  let indices: [Int]

  package init(indices: [Int]) { self.indices = indices }

  /// - Parameter lines: each record's line and its image.
  package func failures(_ lines: [(number: Int, index: Int)]) -> [VerificationFailure] {
    let file = RunFile.recordsName
    var places: [Int: Int] = [:]
    for (place, index) in indices.enumerated() { places[index] = place }
    var failures: [VerificationFailure] = []
    var seen: [Int: Int] = [:]
    var last = -1
    for (number, index) in lines {
      guard let place = places[index] else {
        failures.append(
          VerificationFailure(
            "the run has no such image", file: file, line: number, field: "index", found: "image \(index)"))
        continue
      }
      if let first = seen[index] {
        failures.append(
          VerificationFailure(
            "an image is recorded twice", file: file, line: number, field: "index",
            found: "image \(index), also on line \(first)"))
        continue
      }
      seen[index] = number
      if place < last {
        failures.append(
          VerificationFailure(
            "not in the order of the run", file: file, line: number, field: "index",
            expected: "image \(index) before image \(indices[last])", found: "image \(index)"))
      }
      last = max(last, place)
    }
    let missing = indices.filter { seen[$0] == nil }
    if !missing.isEmpty {
      let named = missing.prefix(10).map(String.init).joined(separator: ", ")
      failures.append(
        VerificationFailure(
          "\(missing.count) of \(indices.count) images have no record", file: file,
          expected: "image \(named)" + (missing.count > 10 ? ", …" : "")))
    }
    return failures
  }
}
