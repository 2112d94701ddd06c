import Basics

/// What the votes counted so far certify, while an anytime rule goes on.
///
/// All elements of one run hold together except with probability α, because the confidence sequence is valid at every
/// number of votes at once: whichever is the last one seen, it is a certificate. Bounds never fall.
public struct AnytimeProgress: Hashable, Sendable {
  /// c_A.
  public let candidate: Int
  /// The estimation votes counted so far.
  public let counts: VoteCounts
  /// The running maximum of the confidence sequence.
  public let bound: Bound
  public let certificate: Certificate

  init(_ count: AnytimeCount, of counts: VoteCounts, candidate: Int, sigma: PixelNoise) {
    self.candidate = candidate
    self.counts = counts
    bound = count.bound
    certificate = Certificate(pLower: count.lower.bound, sigma: sigma)
  }
}
