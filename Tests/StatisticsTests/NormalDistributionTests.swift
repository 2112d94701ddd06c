import Statistics
import Testing

@Suite("The normal distribution")
struct NormalDistributionTests {
  @Test("has SciPy's quantiles to 1e-9, from 1e-307 to the largest number below 1")
  func quantiles() throws {
    let rows = try ReferenceValues.load().quantiles
    #expect(rows.count > 30)
    for row in rows {
      expectClose(NormalDistribution.quantile(row.x), row.value, "Φ⁻¹(\(row.x))")
      expectClose(NormalDistribution.quantile(survival: row.x), -row.value, "upper tail \(row.x)")
    }
  }

  @Test("has SciPy's probabilities to 1e-9 in both tails")
  func probabilities() throws {
    for row in try ReferenceValues.load().normalCDFs {
      expectClose(NormalDistribution.cdf(row.x), row.value, "Φ(\(row.x))")
      expectClose(NormalDistribution.survival(-row.x), row.value, "upper tail of \(-row.x)")
    }
  }

  @Test("inverts itself, and ends at infinity")
  func inverse() {
    for x in stride(from: -37.0, through: 8, by: 0.37) {
      #expect(abs(NormalDistribution.quantile(NormalDistribution.cdf(x)) - x) < (x < 5 ? 1e-9 : 0.1))
    }
    #expect(NormalDistribution.quantile(0) == -.infinity && NormalDistribution.quantile(1) == .infinity)
    #expect(NormalDistribution.quantile(survival: 0) == .infinity)
    #expect(NormalDistribution.cdf(-.infinity) == 0 && NormalDistribution.cdf(.infinity) == 1)
  }
}
