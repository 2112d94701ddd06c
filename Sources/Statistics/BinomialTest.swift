/// The exact binomial test of a success probability.
public enum BinomialTest {
  /// The two-sided p-value: the probability, under p, of all counts no more likely than the one observed.
  ///
  /// Σ_{i: Pr(i) ≤ Pr(k)} Pr(i), X ~ Binomial(n, p). Counts whose probabilities agree to a relative 1e-7 are taken as
  /// equally likely, as in SciPy's `binomtest`, whose values these are. `PREDICT` (Docs/Mathematics.md, Prediction
  /// without a radius) calls it with the larger of the top two counts as k, their sum as n and p = ½. 1 at n = 0.
  ///
  /// - Precondition: 0 ≤ successes ≤ trials, 0 ≤ probability ≤ 1.
  public static func twoSided(successes: Int, trials: Int, probability: Double = 0.5) -> Double {
    precondition(successes >= 0 && successes <= trials, "\(successes) successes in \(trials) trials")
    let distribution = BinomialDistribution(trials: trials, probability: probability)
    let mean = probability * Double(trials)
    if Double(successes) == mean { return 1 }
    let limit = distribution.pmf(successes) * (1 + relativeTie)
    let value: Double
    if Double(successes) < mean {
      // The mass function falls from the mean on: the far tail starts at the first count no more likely.
      let start = firstIndex(in: Int(mean.rounded(.up))...trials) { distribution.pmf($0) <= limit }
      value = distribution.cdf(successes) + distribution.survival(start - 1)
    } else {
      let end = firstIndex(in: 0...Int(mean.rounded(.down))) { distribution.pmf($0) > limit }
      value = distribution.cdf(end - 1) + distribution.survival(successes - 1)
    }
    return min(1, value)
  }

  /// Pr(X ≥ k): the p-value against "the probability is at most p".
  ///
  /// - Precondition: 0 ≤ successes ≤ trials, 0 ≤ probability ≤ 1.
  public static func greater(successes: Int, trials: Int, probability: Double) -> Double {
    precondition(successes >= 0 && successes <= trials, "\(successes) successes in \(trials) trials")
    return BinomialDistribution(trials: trials, probability: probability).survival(successes - 1)
  }

  /// Pr(X ≤ k): the p-value against "the probability is at least p".
  ///
  /// - Precondition: 0 ≤ successes ≤ trials, 0 ≤ probability ≤ 1.
  public static func less(successes: Int, trials: Int, probability: Double) -> Double {
    precondition(successes >= 0 && successes <= trials, "\(successes) successes in \(trials) trials")
    return BinomialDistribution(trials: trials, probability: probability).cdf(successes)
  }

  private static let relativeTie = 1e-7

  /// The first index for which a condition that never turns false again holds; one past the end if it never does.
  private static func firstIndex(in range: ClosedRange<Int>, where condition: (Int) -> Bool) -> Int {
    var low = range.lowerBound
    var high = range.upperBound + 1
    while low < high {
      let middle = low + (high - low) / 2
      if condition(middle) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
