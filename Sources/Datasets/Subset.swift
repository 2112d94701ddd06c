import Basics

/// Which pictures of a data set to take, as data set indices.
public struct Subset: Hashable, Sendable {
  public let indices: [Int]

  /// first, first + stride, …: `count` of them, or as many as there are.
  ///
  /// - Parameter total: the number of pictures in the data set.
  /// - Throws: `UsageError` when a number is out of range or the set has too few pictures.
  public init(first: Int = 0, count: Int? = nil, stride step: Int = 1, of total: Int) throws {
    guard step >= 1 else { throw UsageError("the stride must be at least 1, not \(step)") }
    if let count, count < 1 { throw UsageError("the count must be at least 1, not \(count)") }
    guard (0..<total).contains(first) else {
      throw UsageError("the first index must be in 0 to \(total - 1), not \(first)")
    }
    let available = (total - 1 - first) / step + 1
    guard (count ?? available) <= available else {
      throw UsageError(
        "\(count ?? 0) images from \(first) in steps of \(step): the data set's \(total) images give only \(available)")
    }
    indices = (0..<(count ?? available)).map { first + $0 * step }
  }

  /// The indices listed in a text file: one a line, in any order; what follows a # is a comment.
  ///
  /// - Throws: `InputError` naming the line of anything else, of an index beyond the set or of a repeated one.
  public init(file path: String, of total: Int) throws {
    let file = try MappedFile(path: path)
    defer { withExtendedLifetime(file) {} }
    guard let text = String(validating: file.bytes, as: UTF8.self) else {
      throw InputError("not a text file", file: path)
    }
    var indices: [Int] = []
    var seen: Set<Int> = []
    for (number, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
      let content = line.prefix { $0 != "#" }.filter { !$0.isWhitespace || $0.isNewline }
      guard !content.isEmpty else { continue }
      let place = "line \(number + 1)"
      guard content.allSatisfy(\.isASCII), let index = Int(content), (0..<total).contains(index) else {
        throw InputError(
          "not an index of the data set", file: path, location: place, expected: "0 to \(total - 1)",
          found: String(content.prefix(40)))
      }
      guard seen.insert(index).inserted else {
        throw InputError("the index \(index) appears twice", file: path, location: place)
      }
      indices.append(index)
    }
    guard !indices.isEmpty else { throw InputError("no index in this file", file: path) }
    self.indices = indices
  }
}
