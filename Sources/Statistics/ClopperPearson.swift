/// The exact confidence bounds of a success probability, from the number of successes (Clopper & Pearson 1934).
///
/// With n_A successes in n independent trials of probability p, the lower bound p_A is the p at which n_A or more
/// successes have probability α: Pr(Binomial(n, p_A) ≥ n_A) = I_{p_A}(n_A, n − n_A + 1) = α. Whatever the true p, the
/// bound exceeds it with probability at most α. The guarantee is for an n fixed before the first trial is seen.
public enum ClopperPearson {
  /// p_A = BetaQuantile(α; n_A, n − n_A + 1), the one-sided level 1 − α lower bound (Docs/Mathematics.md, Certification
  /// with a fixed number of votes), rounded down.
  ///
  /// 0 at n_A = 0 (and so also at n = 0); α^(1/n) at n_A = n. Up to a million trials it is below the exact bound by a
  /// relative 1e-12 at most where α ≤ ½: Pr(Binomial(n, p_A) ≥ n_A) ≤ α holds of the number returned.
  ///
  /// - Parameter rounding: `.nearest` gives what version 0.2.0 recorded.
  /// - Precondition: 0 ≤ n_A ≤ n, 0 < α < 1.
  public static func lowerBound(
    successes: Int, trials: Int, alpha: Double, rounding: BoundRounding = .down
  ) -> Double {
    check(successes, trials, alpha)
    guard successes > 0 else { return 0 }
    let beta = BetaDistribution(a: Double(successes), b: Double(trials - successes + 1))
    return switch rounding {
    case .down: beta.quantileRoundedDown(alpha)
    case .nearest: beta.quantile(alpha)
    }
  }

  /// The mirrored one-sided upper bound, BetaQuantile(1 − α; n_A + 1, n − n_A), rounded to nearest; 1 at n_A = n.
  ///
  /// - Precondition: 0 ≤ n_A ≤ n, 0 < α < 1.
  public static func upperBound(successes: Int, trials: Int, alpha: Double) -> Double {
    check(successes, trials, alpha)
    guard successes < trials else { return 1 }
    return BetaDistribution(a: Double(successes + 1), b: Double(trials - successes)).quantile(survival: alpha)
  }

  /// The two-sided interval of confidence 1 − α, α/2 on each side: for reporting an accuracy.
  ///
  /// - Precondition: 0 ≤ n_A ≤ n, 0 < α < 1.
  public static func interval(successes: Int, trials: Int, alpha: Double = 0.05) -> ClosedRange<Double> {
    let lower = lowerBound(successes: successes, trials: trials, alpha: alpha / 2)
    return lower...upperBound(successes: successes, trials: trials, alpha: alpha / 2)
  }

  private static func check(_ successes: Int, _ trials: Int, _ alpha: Double) {
    precondition(successes >= 0 && successes <= trials, "\(successes) successes in \(trials) trials")
    precondition(alpha > 0 && alpha < 1, "α = \(alpha) is not between 0 and 1")
  }
}
