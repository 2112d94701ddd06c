import Statistics
import Testing

@Suite("The binomial distribution")
struct BinomialDistributionTests {
  @Test("has SciPy's tails to 1e-9, twelve standard deviations out and up to ten million trials")
  func reference() throws {
    let rows = try ReferenceValues.load().binomials
    #expect(rows.count > 50)
    for row in rows {
      let distribution = BinomialDistribution(trials: row.trials, probability: row.probability)
      let value = row.side == .lower ? distribution.cdf(row.successes) : distribution.survival(row.successes)
      expectClose(value, row.value, "\(row)")
    }
  }

  @Test("sums its masses to its tails")
  func masses() {
    let distribution = BinomialDistribution(trials: 60, probability: 0.37)
    var sum = 0.0
    for k in 0...60 {
      sum += distribution.pmf(k)
      #expect(abs(sum - distribution.cdf(k)) < 1e-14 && abs(1 - sum - distribution.survival(k)) < 1e-14)
    }
    #expect(distribution.pmf(-1) == 0 && distribution.pmf(61) == 0)
    #expect(distribution.cdf(-1) == 0 && distribution.survival(-1) == 1)
    expectClose(BinomialDistribution(trials: 3, probability: 0.5).pmf(1), 0.375, "3·½³")
  }
}
