import NoisedDiffusionClassifiers

extension DiffusionModel {
  /// What computes, in lines for people: both models where there are two.
  func announcement(workers: Int) -> [String] {
    let threads = "\(workers) \(servedModels.isEmpty ? "threads" : "requests in flight")"
    let own = "\(architecture), \(precision.rawValue), \(threads)"
    guard let companion else { return [own] }
    var other = "without a label \(companion.source): \(companion.architecture)"
    if let precision = companion.precision { other += ", \(precision.rawValue)" }
    if let reason = companion.reason { other += " (\(reason))" }
    return ["\(source): \(own)", other]
  }
}
