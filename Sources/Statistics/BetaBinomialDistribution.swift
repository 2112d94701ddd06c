import Foundation

/// The number of successes in n further trials whose probability of success is itself drawn from Beta(a, b):
///
///     Pr(X = k) = C(n, k)·B(k + a, n − k + b) / B(a, b).
///
/// With a = s + ½ and b = t − s + ½ it predicts n trials from s successes in t (Jeffreys' prior).
public struct BetaBinomialDistribution: Hashable, Sendable {
  /// n.
  public let trials: Int
  public let a: Double
  public let b: Double

  /// - Precondition: 0 ≤ n ≤ 2⁵⁰; a and b are positive and finite.
  public init(trials: Int, a: Double, b: Double) {
    precondition(trials >= 0 && trials <= 1 << 50, "\(trials) is not a number of trials")
    precondition(a > 0 && a.isFinite && b > 0 && b.isFinite, "Beta(\(a), \(b)) is not a distribution")
    self.trials = trials
    self.a = a
    self.b = b
  }

  /// n·a/(a + b).
  public var mean: Double { Double(trials) * a / (a + b) }

  /// Pr(X > k), for any k, to about 1e-9 up to a million trials; that error is relative above the mean.
  ///
  /// The terms beyond k are summed until they no longer count: a few standard deviations' worth.
  public func survival(_ k: Int) -> Double {
    guard k >= 0 else { return 1 }
    guard k < trials else { return 0 }
    return Double(k) >= mean ? min(1, sum(from: k + 1, step: 1)) : max(0, 1 - sum(from: k, step: -1))
  }

  /// Pr(X = start) and the terms beyond it, away from the mean.
  private func sum(from start: Int, step: Int) -> Double {
    let n = Double(trials)
    var j = Double(start)
    var term = exp(
      logGamma(n + 1) - logGamma(j + 1) - logGamma(n - j + 1) + logBeta(j + a, n - j + b) - logBeta(a, b))
    var sum = term
    while step > 0 ? j < n : j > 0 {
      let ratio =
        step > 0
        ? (n - j) / (j + 1) * ((j + a) / (n - j - 1 + b)) : j / (n - j + 1) * ((n - j + b) / (j - 1 + a))
      term *= ratio
      sum += term
      j += Double(step)
      // Where the density rises again towards an end (a or b below 1), the ratio exceeds 1.
      if ratio < 1, term < 1e-17 * sum { break }
    }
    return sum
  }

  private func logBeta(_ a: Double, _ b: Double) -> Double { logGamma(a) + logGamma(b) - logGamma(a + b) }

  /// ln Γ(x), x > 0; without the global variable that `lgamma` writes.
  private func logGamma(_ x: Double) -> Double {
    var sign: Int32 = 1
    return lgamma_r(x, &sign)
  }
}
