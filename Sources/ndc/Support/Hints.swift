import NoisedDiffusionClassifiers

/// What is said on stderr before any work, when options can be meant but hardly are.
enum Hints {
  /// A σ that drowns every picture; above it, numbers on the scale from 0 to 255 are likelier.
  private static let largestSigma = 2.0

  static func tell(sigma: Double) {
    guard sigma > largestSigma, sigma.isFinite else { return }
    let scaled = sigma / 255
    Output.notice(
      "sigma \(sigma) is in pixels that span [0, 1], and drowns any picture"
        + (sigma <= 255 ? "; on a scale from 0 to 255 it would be --sigma \(fixed(scaled, 4))" : ""))
  }

  /// Votes that can certify nothing.
  static func tell(_ rule: CertificationRule) {
    guard rule.bestBound <= 0.5 else { return }
    let fewest =
      rule.fewestVotes.map { "\($0) are the fewest that can, if all of them agree" } ?? "no number of votes can"
    Output.notice(
      "warning: \(rule.samples) votes can certify nothing at alpha \(rule.alpha), every image will be an abstention; \(fewest)"
    )
  }
}
