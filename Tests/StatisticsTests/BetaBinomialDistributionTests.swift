import Statistics
import Testing

@Suite("The beta-binomial distribution")
struct BetaBinomialDistributionTests {
  /// n, a, b, k and Pr(X > k) from mpmath's terms at 40 digits (SciPy 1.16's own tail of the fifth is off by 5e-4):
  /// `mp.fsum(mp.binomial(n, j) * mp.beta(a + j, b + n - j) / mp.beta(a, b) for j in range(k + 1, n + 1))`.
  static let reference: [(Int, Double, Double, Int, Double)] = [
    (10, 0.5, 0.5, 4, 0.530281066894531), (10, 0.5, 0.5, 9, 0.176197052001953),
    (100, 20.5, 3.5, 95, 0.070230577897998), (9500, 485.5, 15.5, 9250, 0.295440195050723),
    (9500, 485.5, 15.5, 9460, 1.44308204528492e-8), (2900, 99.5, 1.5, 2500, 0.999997851713451),
    (2900, 99.5, 1.5, 2899, 0.00606370908662526), (100_000, 1000.5, 0.5, 99_990, 0.340520311759757),
    (50, 3, 2, 0, 0.999838735687792),
  ]

  @Test("has the tails of its definition")
  func tails() {
    for (trials, a, b, k, expected) in Self.reference {
      let found = BetaBinomialDistribution(trials: trials, a: a, b: b).survival(k)
      #expect(abs(found - expected) < 1e-9 * expected, "\(trials), \(a), \(b), \(k): \(found)")
    }
  }

  @Test("is uniform for a = b = 1, and certain beyond its ends")
  func uniform() {
    let distribution = BetaBinomialDistribution(trials: 40, a: 1, b: 1)
    for k in 0..<40 { #expect(abs(distribution.survival(k) - Double(40 - k) / 41) < 1e-12) }
    #expect(distribution.survival(-1) == 1 && distribution.survival(40) == 0 && distribution.mean == 20)
    #expect(BetaBinomialDistribution(trials: 0, a: 2, b: 3).survival(0) == 0)
  }
}
