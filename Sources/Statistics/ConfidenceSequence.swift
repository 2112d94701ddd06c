import Foundation

/// Confidence bounds of a success probability that hold at every number of trials at once (Docs/Mathematics.md,
/// Anytime-valid certification).
///
/// With k successes in the first n independent trials, the evidence against "the probability is at most p" is
///
///     M_n(p) = B(a, b)·[1 − I_p(a, b)] / { B(½, ½)·[1 − I_p(½, ½)]·p^k(1 − p)^(n−k) },   a = k + ½, b = n − k + ½,
///
/// the likelihood ratio q^k(1−q)^(n−k) / p^k(1−p)^(n−k) averaged over q from Beta(½, ½) cut to (p, 1). If the true
/// probability is p′ ≤ p, one trial multiplies the ratio of any q > p by p′·q/p + (1 − p′)(1−q)/(1−p) on average, which
/// is 1 at p′ = p and rises with p′; so it is at most 1, every ratio is a non-negative supermartingale that starts at
/// 1, and so is their average. By Ville's inequality, Pr(M_n(p′) ≥ 1/α for any n ≥ 1) ≤ α. With
///
///     L_n = inf{p : M_n(p) < 1/α},
///
/// L_n > p′ entails M_n(p′) ≥ 1/α: with probability 1 − α *no* L_n, n = 1, 2, …, exceeds the true probability, and
/// neither does max_n L_n. One may look after every trial and stop whenever one likes, for any reason. The guarantee
/// is for trials counted in their own order, none left out: see ``AnytimeLowerBound``.
///
/// Sources: Ville, *Étude critique de la notion de collectif* (1939); Robbins, *Statistical methods related to the law
/// of the iterated logarithm* (1970); Howard, Ramdas, McAuliffe, Sekhon, *Time-uniform, nonparametric, nonasymptotic
/// confidence sequences* (2021), Proposition 7 for the two-sided mixture.
public enum ConfidenceSequence {
  /// L_n, the one-sided level 1 − α lower bound after `successes` of `trials`, rounded down; 0 without successes.
  ///
  /// M_n falls in p up to k/n and is at most 1 from there on, so the bound is the one root of M_n(p) = 1/α, and lies
  /// below k/n. The value returned is one at which M_n is at least 1/α even if every rounding error of its computation
  /// has gone the wrong way, and less than 1e-11 below the root, relatively. It depends on the arguments alone:
  /// a record's bound is recomputed from its k, n and α.
  ///
  /// It rises with k, falls with n at the same k, and rises with every success.
  ///
  /// - Parameter rounding: `.nearest` gives what version 0.2.0 recorded, whose last digit may be too large where all
  ///   trials succeeded.
  /// - Precondition: 0 ≤ successes ≤ trials, 0 < α < 1.
  public static func lowerBound(
    successes: Int, trials: Int, alpha: Double, rounding: BoundRounding = .down
  ) -> Double {
    check(successes, trials, alpha)
    guard successes > 0 else { return 0 }
    let mixture = OneSidedBetaMixture(successes: successes, trials: trials, rounding: rounding)
    return root(mixture, successes, trials, target: -log(alpha))
  }

  /// U_n = 1 − L_n of the failures, the mirrored level 1 − α upper bound, rounded up; 1 without failures.
  ///
  /// For futility: once it is below the probability sought, the answer will hardly come. Stopping on it spends none of
  /// the certificate's α, which holds at every stopping time.
  ///
  /// - Precondition: 0 ≤ successes ≤ trials, 0 < α < 1.
  public static func upperBound(successes: Int, trials: Int, alpha: Double) -> Double {
    check(successes, trials, alpha)
    return mirrored(lowerBound(successes: trials - successes, trials: trials, alpha: alpha))
  }

  /// The least n at which n trials with just so many failures have L_n ≥ `bound`; nil if it exceeds `limit`.
  ///
  /// - Precondition: 0 < bound < 1, failures ≥ 0, 0 < α < 1.
  public static func trialsNeeded(
    toReach bound: Double, failures: Int = 0, alpha: Double, limit: Int = 1 << 32
  ) -> Int? {
    precondition(bound > 0 && bound < 1 && failures >= 0, "\(bound) with \(failures) failures")
    func isReached(_ trials: Int) -> Bool {
      lowerBound(successes: trials - failures, trials: trials, alpha: alpha) >= bound
    }
    guard limit > failures, isReached(limit) else { return nil }
    // L_n rises with every success: not reached at `low`, reached at `high`.
    var low = failures
    var high = limit
    while high - low > 1 {
      let middle = low + (high - low) / 2
      if isReached(middle) { high = middle } else { low = middle }
    }
    return high
  }

  /// The least number of successes with which `trials` trials have L_n ≥ `bound`; nil if not even all of them suffice.
  ///
  /// - Precondition: 0 < bound < 1, trials ≥ 0, 0 < α < 1.
  public static func successesNeeded(toReach bound: Double, trials: Int, alpha: Double) -> Int? {
    precondition(bound > 0 && bound < 1, "\(bound) is not strictly between 0 and 1")
    func isReached(_ successes: Int) -> Bool { lowerBound(successes: successes, trials: trials, alpha: alpha) >= bound }
    guard isReached(trials) else { return nil }
    // L_n rises with k: not reached at `low`, where it is 0, reached at `high`.
    var low = 0
    var high = trials
    while high - low > 1 {
      let middle = low + (high - low) / 2
      if isReached(middle) { high = middle } else { low = middle }
    }
    return high
  }

  /// ln M_n(p), to about 1e-13; 0 at n = 0.
  ///
  /// - Precondition: 0 ≤ successes ≤ trials, 0 < p < 1.
  public static func logEvidence(successes: Int, trials: Int, against p: Double) -> Double {
    check(successes, trials, 0.5)
    precondition(p > 0 && p < 1, "\(p) is not strictly between 0 and 1")
    guard trials > 0 else { return 0 }
    return OneSidedBetaMixture(successes: successes, trials: trials).value(at: p).logarithm
  }

  static func check(_ successes: Int, _ trials: Int, _ alpha: Double) {
    precondition(
      successes >= 0 && successes <= trials && trials <= 1 << 50, "\(successes) successes in \(trials) trials")
    precondition(alpha > 0 && alpha < 1, "α = \(alpha) is not between 0 and 1")
  }

  /// 1 − L, rounded up.
  static func mirrored(_ lower: Double) -> Double { lower == 0 ? 1 : min(1, (1 - lower).nextUp) }

  /// A p just below the root of ln M_n(p) = target, at which ln M_n(p) ≥ target beyond doubt; 0 if none was found.
  ///
  /// Newton's method in ln p, in which ln M_n is nearly linear at both ends, kept inside a bracket.
  private static func root(
    _ mixture: OneSidedBetaMixture, _ successes: Int, _ trials: Int, target: Double
  ) -> Double {
    let share = Double(successes) / Double(trials)
    // Wilson's lower limit, with the deviance that is sought for z²/2.
    let spread = max(0.1, target - mixture.offset) / Double(trials)
    var p = share * share / (share + spread + (spread * (2 * share * (1 - share) + spread)).squareRoot())
    // A few cheap steps to where the evidence would suffice if nothing were cut off.
    for _ in 0..<6 {
      let estimate = mixture.upperEstimate(at: p)
      let next = p * exp((target - estimate.logarithm) / estimate.slope)
      guard estimate.slope < 0, next > 0, next < share else { break }
      let change = abs(next - p)
      p = next
      if change <= 1e-6 * min(p, 1 - p) { break }
    }
    var low = 0.0
    var high = share
    for _ in 0..<200 {
      guard p > low, p < high else { break }
      let value = mixture.value(at: p)
      let excess = value.logarithm - target - value.allowance
      // As near as the rounding of ln M_n and of p allow to tell.
      let width = 2 * value.allowance + 4 * abs(value.slope) * (p.ulp / p)
      if excess >= 0 {
        low = p
        if excess <= width { break }
      } else {
        high = p
      }
      p *= exp((0.5 * width - excess) / value.slope)
      if !(p > low && p < high) { p = low > 0 ? (low * high).squareRoot() : high / 16 }
    }
    return low
  }
}
