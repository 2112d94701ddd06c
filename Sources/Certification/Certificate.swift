import Basics
import Statistics

/// A lower bound on p_A and the radius it certifies (Cohen et al. 2019, Theorem 1 and CERTIFY; Docs/Mathematics.md,
/// Certification with a fixed number of votes).
///
/// p_A ≥ BetaQuantile(α; k, n − k + 1), the one-sided Clopper–Pearson bound; R = σ·Φ⁻¹(p_A) in pixels when the bound
/// exceeds ½.
public struct Certificate: Hashable, Sendable {
  /// The bound on p_A.
  public let pLower: Double
  /// R in pixels; nil when pLower ≤ ½.
  public let radius: Double?

  public var abstained: Bool { radius == nil }

  /// The certificate of a bound obtained elsewhere, such as an anytime-valid one.
  ///
  /// - Parameter rounding: that of the version whose certificate it is.
  public init(pLower: Double, sigma: PixelNoise, rounding: BoundRounding = .down) {
    precondition((0...1).contains(pLower), "a probability")
    self.pLower = pLower
    radius = CertifiedRadius.radius(sigma: sigma.sigma, lowerBound: pLower, rounding: rounding)
  }

  /// The certificate of a bound, both rounded as a version did it.
  public init(_ bound: Bound, sigma: PixelNoise, rounding: BoundRounding = .down) {
    self.init(pLower: bound.value(rounding: rounding), sigma: sigma, rounding: rounding)
  }

  /// The certificate of k successes in n estimation votes.
  ///
  /// - Throws: `UsageError` when the numbers cannot be a count, a significance level and a noise.
  public static func bound(
    successes: Int, samples: Int, alpha: Double, sigma: PixelNoise, kind: Bound.Kind = .clopperPearson
  ) throws -> Certificate {
    guard samples > 0, samples <= 1 << 50 else {
      throw UsageError("the number of samples must lie between 1 and 2^50, not \(samples)")
    }
    guard (0...samples).contains(successes) else {
      throw UsageError("the number of successes must lie between 0 and the \(samples) samples, not \(successes)")
    }
    try checkAlpha(alpha)
    guard sigma.sigma.isFinite, sigma.sigma > 0 else {
      throw UsageError("the smoothing noise must be a positive number, not \(sigma.sigma)")
    }
    return Certificate(
      pLower: Bound(kind: kind, successes: successes, samples: samples, alpha: alpha).value, sigma: sigma)
  }

  static func checkAlpha(_ alpha: Double) throws {
    guard alpha > 0, alpha < 1 else {
      throw UsageError("the significance level alpha must lie between 0 and 1, not \(alpha)")
    }
  }
}

extension Certificate: Encodable {
  enum CodingKeys: String, CodingKey { case pLower, radius, abstained }

  /// `{"pLower", "radius", "abstained"}`, radius 0 on abstention, in full precision.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(pLower, forKey: .pLower)
    try container.encode(radius ?? 0, forKey: .radius)
    try container.encode(abstained, forKey: .abstained)
  }
}
