import Foundation
import Statistics
import Testing

@Suite("The Beta distribution")
struct BetaDistributionTests {
  @Test("has its closed forms: powers for a whole and a one, the arcsine law for two halves")
  func closedForms() {
    for x in [1e-200, 1e-9, 0.1, 0.5, 0.9] {
      expectClose(BetaDistribution(a: 1.5, b: 1).cdf(x), pow(x, 1.5), "x^a")
      expectClose(BetaDistribution(a: 1, b: 7).survival(x), exp(7 * log1p(-x)), "(1 − x)^b")
      expectClose(BetaDistribution(a: 0.5, b: 0.5).cdf(x), 2 / Double.pi * asin(x.squareRoot()), "arcsine")
    }
  }

  @Test("inverts both of its tails")
  func inverses() {
    for (a, b) in [(3.0, 8.0), (0.5, 0.5), (9990, 11), (2, 4), (2, 5000), (1, 1e6)] {
      let beta = BetaDistribution(a: a, b: b)
      // The arcsine law's quantile is about p²: too small for a Double at 1e-300.
      for p in [1e-300, 1e-100, 1e-30, 1e-12, 0.001, 0.3, 0.7] where a >= 1 || p > 1e-150 {
        expectClose(beta.cdf(beta.quantile(p)), p, "Beta(\(a), \(b)), p = \(p)")
      }
      // A far upper tail of small b lies so near x = 1 that a Double cannot tell it.
      for q in [1e-100, 1e-12, 0.001, 0.3, 0.7] where b >= 5000 {
        expectClose(beta.survival(beta.quantile(survival: q)), q, "Beta(\(a), \(b)), q = \(q)")
      }
      #expect(beta.quantile(0) == 0 && beta.quantile(1) == 1 && beta.cdf(0) == 0 && beta.survival(1) == 0)
    }
  }
}
