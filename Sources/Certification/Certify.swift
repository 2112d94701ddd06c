import Basics

/// CERTIFY of Cohen et al. 2019, §3.2.2 (SPEC §4).
///
/// n₀ selection votes choose c_A, the class with most of them (ties to the lowest). n fresh estimation votes give n_A,
/// and p_A is bounded below at level 1 − α by Clopper–Pearson. If the bound is at most ½ the answer is an abstention,
/// otherwise radius R = σ·Φ⁻¹(p_A).
///
/// Guarantee: whatever the image and the classifier, the probability over the votes that the bound exceeds
/// P(f(x + δ) = c_A) is at most α. It rests on the estimation votes being independent of c_A, and on n being fixed
/// before any of them is seen.
public struct Certify: Hashable, Sendable {
  /// n₀.
  public let selectionSamples: Int
  /// n.
  public let samples: Int
  /// α.
  public let alpha: Double

  /// - Throws: `UsageError` unless n₀ and n are positive and α lies strictly between 0 and 1.
  public init(selectionSamples: Int, samples: Int, alpha: Double) throws {
    try Self.checkVotes(selectionSamples, "the number of selection samples")
    try Self.checkVotes(samples, "the number of samples")
    try Certificate.checkAlpha(alpha)
    self.selectionSamples = selectionSamples
    self.samples = samples
    self.alpha = alpha
  }

  /// Certifies the image whose votes `source` casts.
  public func callAsFunction(_ source: some VoteSource, sigma: PixelNoise) async throws -> CertifyResult {
    let selection = SelectionVotes(
      VoteCounts(
        try await source.votes(0..<selectionSamples, for: .selection), classCount: source.classCount))
    let estimation = EstimationVotes(
      VoteCounts(try await source.votes(0..<samples, for: .estimation), classCount: source.classCount))
    return try CertifyResult(selection: selection, estimation: estimation, alpha: alpha, sigma: sigma)
  }

  static func checkVotes(_ count: Int, _ name: String) throws {
    guard count > 0, count <= Int(UInt32.max) else {
      throw UsageError("\(name) must lie between 1 and \(UInt32.max), not \(count)")
    }
  }
}
