/// The L2 radius that a bound on the top class's probability certifies (Cohen et al. 2019, Theorem 1 and `CERTIFY`).
public enum CertifiedRadius {
  /// R = σ·Φ⁻¹(p_A), in the units of σ; nil (abstain) unless p_A > ½.
  ///
  /// σ is the smoothing noise in pixels in [0, 1], and so is R (Docs/Mathematics.md, Spaces and units). A bound that is
  /// not a number abstains. A bound that rounded to 1 counts as the next smaller number: no finite sample certifies an
  /// infinite radius.
  ///
  /// - Precondition: σ is positive and finite, p_A ≤ 1.
  public static func radius(sigma: Double, lowerBound: Double) -> Double? {
    precondition(sigma > 0 && sigma.isFinite, "σ = \(sigma) is not a noise level")
    guard lowerBound > 0.5 else { return nil }
    precondition(lowerBound <= 1, "\(lowerBound) is not a probability")
    return sigma * NormalDistribution.quantile(min(lowerBound, (1.0).nextDown))
  }
}
