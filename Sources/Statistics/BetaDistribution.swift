import CBoostMath

/// The Beta(a, b) distribution: Pr(X ≤ x) = I_x(a, b), the regularized incomplete beta function.
///
/// Every value is computed in extended precision and rounded to `Double` once. A tail below the smallest `Double`
/// is returned as 0.
public struct BetaDistribution: Hashable, Sendable {
  public let a: Double
  public let b: Double

  /// - Precondition: a and b are positive and finite.
  public init(a: Double, b: Double) {
    precondition(a > 0 && a.isFinite && b > 0 && b.isFinite, "Beta(\(a), \(b)) is not a distribution")
    self.a = a
    self.b = b
  }

  /// I_x(a, b), for 0 ≤ x ≤ 1.
  public func cdf(_ x: Double) -> Double { checked(ndc_ibeta(a, b, x), "cdf", x) }

  /// 1 − I_x(a, b) without cancellation, for 0 ≤ x ≤ 1.
  public func survival(_ x: Double) -> Double { checked(ndc_ibetac(a, b, x), "survival", x) }

  /// The x with I_x(a, b) = p, for 0 ≤ p ≤ 1.
  public func quantile(_ p: Double) -> Double { checked(ndc_ibeta_inv(a, b, p), "quantile", p) }

  /// An x with I_x(a, b) ≤ p beyond doubt, for 0 ≤ p ≤ 1: `quantile(_:)` rounded down.
  ///
  /// The x returned is one whose I_x(a, b) was computed and found to be below p by more than that computation can err,
  /// which is taken as a relative 2⁻⁴³ + 2⁻⁶²·(a + b), eleven times what was measured. It lies below the quantile by
  /// about as much, divided by d ln I/d ln x.
  public func quantileRoundedDown(_ p: Double) -> Double {
    checked(ndc_ibeta_inv_below(a, b, p), "quantileRoundedDown", p)
  }

  /// The x with 1 − I_x(a, b) = q, for 0 ≤ q ≤ 1.
  public func quantile(survival q: Double) -> Double { checked(ndc_ibetac_inv(a, b, q), "quantile(survival:)", q) }

  private func checked(_ value: Double, _ function: StaticString, _ argument: Double) -> Double {
    precondition(!value.isNaN, "Beta(\(a), \(b)).\(function) has no value at \(argument)")
    return value
  }
}
