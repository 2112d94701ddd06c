/// The L2 radius that a bound on the top class's probability certifies (Cohen et al. 2019, Theorem 1 and `CERTIFY`).
public enum CertifiedRadius {
  /// R = σ′·Φ⁻¹(p_A), in the units of σ, rounded down; nil (abstain) unless p_A > ½.
  ///
  /// σ is the smoothing noise in pixels in [0, 1], and so is R (Docs/Mathematics.md, Spaces and units). σ′ is σ, or what
  /// the noise is drawn with where that is smaller (``drawnNoise(sigma:)``). R is not above the exact product, and within
  /// a relative 2⁻⁵⁰ of it. A bound that is not a number abstains. A bound that rounded to 1 counts as the next smaller
  /// number: no finite sample certifies an infinite radius.
  ///
  /// - Parameter rounding: `.nearest` gives what version 0.2.0 recorded, σ·Φ⁻¹(p_A) rounded to nearest.
  /// - Precondition: σ is positive and finite, p_A ≤ 1.
  public static func radius(sigma: Double, lowerBound: Double, rounding: BoundRounding = .down) -> Double? {
    precondition(sigma > 0 && sigma.isFinite, "σ = \(sigma) is not a noise level")
    guard lowerBound > 0.5 else { return nil }
    precondition(lowerBound <= 1, "\(lowerBound) is not a probability")
    let bound = min(lowerBound, (1.0).nextDown)
    return switch rounding {
    case .down: max(0, (drawnNoise(sigma: sigma) * NormalDistribution.quantileRoundedDown(bound)).nextDown)
    case .nearest: sigma * NormalDistribution.quantile(bound)
    }
  }

  /// σ′ = min(σ, Float(2σ)/2): images are made noisy in single precision where they span [−1, 1], by Float(2σ) times a
  /// standard normal.
  public static func drawnNoise(sigma: Double) -> Double { min(sigma, Double(Float(2 * sigma)) / 2) }

  /// A bound that certifies `radius`, the least but for a few units in its last place; nil where no bound below 1 does.
  ///
  /// A bound of exactly ½ certifies nothing, not even the radius 0.
  ///
  /// - Precondition: σ is positive and finite, the radius is not negative.
  public static func lowerBoundNeeded(for radius: Double, sigma: Double) -> Double? {
    precondition(radius >= 0, "\(radius) is not a radius")
    guard radius > 0 else { return (0.5).nextUp }
    var bound = max(NormalDistribution.cdf(radius / drawnNoise(sigma: sigma)), (0.5).nextUp)
    while bound < 1 {
      if let certified = Self.radius(sigma: sigma, lowerBound: bound), certified >= radius { return bound }
      bound = bound.nextUp
    }
    return nil
  }
}
