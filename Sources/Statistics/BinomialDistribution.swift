import CBoostMath

/// The Binomial(n, p) distribution: the number of successes in n independent trials of probability p.
public struct BinomialDistribution: Hashable, Sendable {
  /// n.
  public let trials: Int
  /// p.
  public let probability: Double

  /// - Precondition: 0 ≤ n ≤ 2⁵³ and 0 ≤ p ≤ 1.
  public init(trials: Int, probability: Double) {
    precondition(trials >= 0 && trials <= 1 << 53, "\(trials) is not a number of trials")
    precondition(probability >= 0 && probability <= 1, "\(probability) is not a probability")
    self.trials = trials
    self.probability = probability
  }

  /// Pr(X = k) = C(n, k)·p^k·(1 − p)^(n−k); 0 outside 0 … n.
  public func pmf(_ k: Int) -> Double {
    guard k >= 0, k <= trials else { return 0 }
    return checked(ndc_binomial_pmf(Double(k), Double(trials), probability), k)
  }

  /// Pr(X ≤ k) = 1 − I_p(k + 1, n − k), for any k.
  public func cdf(_ k: Int) -> Double {
    guard k >= 0 else { return 0 }
    guard k < trials else { return 1 }
    return checked(ndc_binomial_cdf(Double(k), Double(trials), probability), k)
  }

  /// Pr(X > k) = I_p(k + 1, n − k) without cancellation, for any k.
  public func survival(_ k: Int) -> Double {
    guard k >= 0 else { return 1 }
    guard k < trials else { return 0 }
    return checked(ndc_binomial_survival(Double(k), Double(trials), probability), k)
  }

  private func checked(_ value: Double, _ k: Int) -> Double {
    precondition(!value.isNaN, "Binomial(\(trials), \(probability)) has no value at \(k)")
    return value
  }
}
