import Basics
import Statistics

/// PREDICT of Cohen et al. 2019, §3.2.1 (Docs/Mathematics.md, Prediction without a radius).
///
/// n votes; the class with most of them is returned if a two-sided binomial test of the top two counts (n_A out of
/// n_A + n_B at ½) has p ≤ α, otherwise the answer is an abstention. Invalid votes are a rival of their own.
///
/// Guarantee: the probability over the votes of returning a class other than g(x) is at most α.
public struct Predict: Hashable, Sendable {
  /// n.
  public let samples: Int
  /// α.
  public let alpha: Double

  /// - Throws: `UsageError` unless n is positive and α lies strictly between 0 and 1.
  public init(samples: Int, alpha: Double) throws {
    try Certify.checkVotes(samples, "the number of samples")
    try Certificate.checkAlpha(alpha)
    self.samples = samples
    self.alpha = alpha
  }

  /// Predicts the class of the image whose votes `source` casts.
  public func callAsFunction(_ source: some VoteSource) async throws -> PredictResult {
    PredictResult(
      counts: VoteCounts(
        try await source.votes(0..<samples, for: .prediction), classes: source.classes),
      alpha: alpha)
  }
}

/// Everything PREDICT found out about one image.
public struct PredictResult: Hashable, Sendable {
  public let counts: VoteCounts
  /// The p-value of the top two counts.
  public let pValue: Double
  /// The prediction; nil is an abstention.
  public let label: Int?

  public init(counts: VoteCounts, alpha: Double) {
    let leader = counts.leader
    let first = counts.votes(for: leader)
    let second = counts.strongestRival(of: leader)
    self.counts = counts
    pValue = first > second ? BinomialTest.twoSided(successes: first, trials: first + second) : 1
    label = pValue <= alpha ? leader : nil
  }
}
