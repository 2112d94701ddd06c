import Basics
import Foundation
import Statistics

/// How far the certified accuracy of all images of the kind may lie from that of the images sampled.
///
/// The images are taken as drawn independently from a population. This is the uncertainty about *other images*; the
/// chance α that a certificate itself is wrong is a different matter and not part of it.
public struct ConfidenceBand: Hashable, Sendable {
  public enum Kind: String, Hashable, Sendable, CaseIterable, Codable {
    /// At each radius by itself the interval holds the truth with the stated confidence (Clopper & Pearson 1934,
    /// exact: never less). Not for the whole curve at once.
    case pointwise
    /// The whole curve lies within the band with the stated confidence: ± √(ln(2/β)/2N), β = 1 − confidence
    /// (Dvoretzky, Kiefer & Wolfowitz 1956 with Massart's constant, 1990).
    case simultaneous
  }

  public let kind: Kind
  /// 1 − β.
  public let confidence: Double

  /// - Precondition: 0 < confidence < 1.
  public init(_ kind: Kind, confidence: Double = 0.95) {
    precondition(confidence > 0 && confidence < 1, "\(confidence) is not a confidence")
    self.kind = kind
    self.confidence = confidence
  }

  /// The interval around `share`.
  public func interval(_ share: Share) -> ClosedRange<Double> {
    switch kind {
    case .pointwise:
      return ClopperPearson.interval(successes: share.count, trials: share.total, alpha: 1 - confidence)
    case .simultaneous:
      let margin = Self.margin(total: share.total, confidence: confidence)
      return max(0, share.value - margin)...min(1, share.value + margin)
    }
  }

  /// √(ln(2/β)/2N): sup_r |Ŝ(r) − S(r)| exceeds it with probability at most β, whatever the distribution of radii.
  public static func margin(total: Int, confidence: Double) -> Double {
    (log(2 / (1 - confidence)) / (2 * Double(total))).squareRoot()
  }

  /// Percentages of both ends, rounded outwards.
  public func percents(_ share: Share, digits: Int = 2) -> (lower: String, upper: String) {
    let interval = interval(share)
    return (
      DecimalText.down(interval.lowerBound * 100, digits: digits),
      DecimalText.up(interval.upperBound * 100, digits: digits)
    )
  }
}
