import CBoostMath

/// The standard normal distribution N(0, 1), accurate to a few units in the last place in both tails.
///
/// Near 1 the probability itself cannot be resolved in `Double`: ask for `survival(_:)` and `quantile(survival:)`
/// there instead of subtracting from 1.
public enum NormalDistribution {
  /// Φ(x) = ½·erfc(−x/√2).
  public static func cdf(_ x: Double) -> Double { ndc_normal_cdf(x) }

  /// 1 − Φ(x) = Φ(−x) without cancellation.
  public static func survival(_ x: Double) -> Double { ndc_normal_survival(x) }

  /// Φ⁻¹(p) = −√2·erfc⁻¹(2p); −∞ at p = 0, +∞ at p = 1.
  ///
  /// - Precondition: 0 ≤ p ≤ 1.
  public static func quantile(_ p: Double) -> Double {
    precondition(p >= 0 && p <= 1, "\(p) is not a probability")
    return ndc_normal_quantile(p)
  }

  /// A number not above Φ⁻¹(p), and within a relative 2⁻⁵² of it; −∞ at p = 0, +∞ at p = 1.
  ///
  /// - Precondition: 0 ≤ p ≤ 1.
  public static func quantileRoundedDown(_ p: Double) -> Double {
    precondition(p >= 0 && p <= 1, "\(p) is not a probability")
    return ndc_normal_quantile_below(p)
  }

  /// Φ⁻¹(1 − q) without cancellation; +∞ at q = 0, −∞ at q = 1.
  ///
  /// - Precondition: 0 ≤ q ≤ 1.
  public static func quantile(survival q: Double) -> Double {
    precondition(q >= 0 && q <= 1, "\(q) is not a probability")
    return ndc_normal_quantile_survival(q)
  }
}
