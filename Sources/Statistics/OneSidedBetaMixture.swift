import Foundation

/// M_n(p), the one-sided beta mixture's evidence after k successes in n trials that the true probability exceeds p.
///
/// The Beta(½, ½) density w(q) = 1/(π√(q(1 − q))), cut to (p, 1), weighs the likelihoods of all q > p against that of p:
///
///     M_n(p) = ∫_p^1 w(q)·q^k(1 − q)^(n−k) dq / { ∫_p^1 w(q) dq · p^k(1 − p)^(n−k) }
///            = B(a, b)·[1 − I_p(a, b)] / { B(½, ½)·[1 − I_p(½, ½)]·p^k(1 − p)^(n−k) },   a = k + ½, b = n − k + ½.
///
/// It is computed without any factor that could under- or overflow. With B(½, ½)·[1 − I_p(½, ½)] = 2·arccos √p =: θ and
/// J = ln B(a, b) − k·ln p − (n−k)·ln(1−p), and with the continued fraction K of DLMF 8.17.22,
///
///     below the mean of Beta(a, b):   ln M = J + ln(1 − I_p(a, b)) − ln θ,   I_p(a, b) = e^(−J)·√(p(1−p))/a·K(a, b, p),
///     above it:                       M = √(p(1−p))/(b·θ)·K(b, a, 1 − p),
///
/// where the tail 1 − I_p(a, b), which may be far below any `Double`, has cancelled against the likelihood. J itself
/// is n·KL(k/n ‖ p) + ½·ln(2π/n) and Stirling's corrections, so that nothing large is subtracted.
///
/// M_n falls in p from ∞ to at most 1 on (0, k/n] if k > 0, and is at most 1 from there on: with u = k − np,
/// d ln M/dp = (1 − 1/M)/(θ√(p(1−p))) − u/(p(1−p)), and √(p(1−p))/θ ≤ ½ makes that negative where u > ½; where
/// 0 < u ≤ ½, so does 1 − 1/M ≤ n·KL(k/n ‖ p) ≤ u²/(np(1−p)).
struct OneSidedBetaMixture: Sendable {
  /// ln M_n(p) at one p.
  struct Value: Sendable {
    /// ln M_n(p), but for rounding; −∞ where it could not be computed.
    let logarithm: Double
    /// d ln M_n/d ln p.
    let slope: Double
    /// More than the rounding error of `logarithm`.
    let allowance: Double
  }

  /// k, n − k and n.
  private let successes: Double
  private let failures: Double
  private let trials: Double
  private let rounding: BoundRounding
  /// ln B(a, b) − k·ln(k/n) − (n−k)·ln((n−k)/n), which is about ½·ln(2π/n).
  let offset: Double

  /// - Precondition: 0 ≤ successes ≤ trials ≤ 2⁵⁰, trials > 0.
  init(successes: Int, trials: Int, rounding: BoundRounding = .down) {
    self.rounding = rounding
    self.successes = Double(successes)
    self.failures = Double(trials - successes)
    self.trials = Double(trials)
    offset =
      0.5 * log(2 * Double.pi / Double(trials)) + StirlingError.atHalf(successes)
      + StirlingError.atHalf(trials - successes) - StirlingError.at(trials)
  }

  /// - Precondition: 0 < p < 1.
  func value(at p: Double) -> Value {
    let a = successes + 0.5
    let b = failures + 0.5
    // k − np, rounded once.
    let u = successes.addingProduct(-trials, p)
    let root = (p * (1 - p)).squareRoot()
    let angle = Self.angle(p)
    if p > (a + 1) / (a + b + 2) {
      let fraction = Self.continuedFraction(b, a, 1 - p, tolerance: 0)
      return value(log(root / (b * angle) * fraction), u: u, p: p, root: root, angle: angle, size: 0)
    }
    let deviance = deviance(at: p, u: u)
    let scale = exp(-(deviance + offset)) * root / a
    // Where the tail is small, few of its digits count.
    let tail = scale * Self.continuedFraction(a, b, p, tolerance: 0x1p-52 / scale)
    let logarithm = deviance + offset + log1p(-tail) - log(angle)
    return value(logarithm, u: u, p: p, root: root, angle: angle, size: abs(u) + deviance)
  }

  /// ln M_n(p) with 1 − I_p(a, b) taken as 1, at a fraction of the cost: too large, but for rounding.
  func upperEstimate(at p: Double) -> (logarithm: Double, slope: Double) {
    let u = successes.addingProduct(-trials, p)
    let angle = Self.angle(p)
    let logarithm = deviance(at: p, u: u) + offset - log(angle)
    return (logarithm, (p / (1 - p)).squareRoot() / angle - u / (1 - p))
  }

  private func value(_ logarithm: Double, u: Double, p: Double, root: Double, angle: Double, size: Double) -> Value {
    guard logarithm.isFinite else { return Value(logarithm: -.infinity, slope: -.infinity, allowance: .infinity) }
    let hazard = (1 - exp(-logarithm)) / (root * angle)
    // A few units in the last place of each term: those of J that cancel are as large as u, the others near 1.
    let allowance = 0x1p-43 + 0x1p-48 * size
    return Value(logarithm: logarithm, slope: p * hazard - u / (1 - p), allowance: allowance)
  }

  /// n·KL(k/n ‖ p) = k·ln(k/(np)) + (n−k)·ln((n−k)/(n(1−p))).
  private func deviance(at p: Double, u: Double) -> Double {
    // u/k would round 1 − p where p itself is exact, and so did 0.2.0 round p before its logarithm.
    if failures == 0 && rounding == .down { return -successes * log(p) }
    var sum = 0.0
    if successes > 0 {
      let isFar = u > 0.5 * successes || failures == 0
      sum -= successes * (isFar ? log(trials * p / successes) : log1p(-u / successes))
    }
    if failures > 0 { sum -= failures * log1p(u / failures) }
    return max(0, sum)
  }

  /// 2·arccos √p.
  private static func angle(_ p: Double) -> Double { 2 * atan2((1 - p).squareRoot(), p.squareRoot()) }

  /// K(a, b, x) in I_x(a, b) = x^a(1−x)^b/(a·B(a, b))·K: DLMF 8.17.22, by the forward recurrence, rescaled at every
  /// step, to a relative 2⁻⁵¹ or an absolute `tolerance`; NaN if it did not converge.
  ///
  /// It takes a number of steps of the order of the root of a + b for x up to about the mean of Beta(a, b).
  private static func continuedFraction(_ a: Double, _ b: Double, _ x: Double, tolerance: Double) -> Double {
    // Numerators and denominators of the last two convergents; the later denominator is rescaled to 1.
    var olderNumerator = 1.0
    var numerator = 1.0
    var olderDenominator = 1.0
    var denominator = 1 - (a + b) * x / (a + 1)
    numerator /= denominator
    olderNumerator /= denominator
    olderDenominator /= denominator
    denominator = 1
    for step in 1...mostSteps {
      let m = Double(step)
      let even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
      let odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
      let evenNumerator = numerator + even * olderNumerator
      let evenDenominator = 1 + even * olderDenominator
      let oddDenominator = evenDenominator + odd
      let scale = 1 / oddDenominator
      let next = (evenNumerator + odd * numerator) * scale
      olderNumerator = evenNumerator * scale
      olderDenominator = evenDenominator * scale
      let change = abs(next - numerator)
      numerator = next
      if change <= max(tolerance, 0x1p-51 * abs(next)) { return next }
    }
    return .nan
  }

  private static let mostSteps = 4_000_000
}

/// δ(n) = ln n! − [(n + ½)·ln n − n + ½·ln 2π], the error of Stirling's formula.
enum StirlingError {
  /// δ(n), for n > 0.
  static func at(_ n: Int) -> Double {
    if n < small.count { return small[n] }
    let x = 1 / Double(n)
    let y = x * x
    return x * (1.0 / 12 - y * (1.0 / 360 - y * (1.0 / 1260 - y * (1.0 / 1680 - y / 1188))))
  }

  /// ln Γ(n + ½) − [n·ln n − n + ½·ln 2π] = δ(2n) − δ(n), by the duplication formula; −½·ln 2 at n = 0.
  static func atHalf(_ n: Int) -> Double { n == 0 ? -0.5 * log(2) : at(2 * n) - at(n) }

  /// δ(n) for n < 20, whose factorials a `Double` holds exactly; nothing stands at 0.
  private static let small: [Double] = (0..<20).map { n in
    guard n > 0 else { return .nan }
    let factorial = (1...n).reduce(1.0) { $0 * Double($1) }
    return log(factorial) - (Double(n) + 0.5) * log(Double(n)) + Double(n) - 0.5 * log(2 * Double.pi)
  }
}
