import Statistics
import Testing

@Suite("The binomial test")
struct BinomialTestTests {
  @Test("has SciPy's two-sided p-values to 1e-9")
  func twoSided() throws {
    let rows = try ReferenceValues.load().twoSidedTests
    #expect(rows.count > 100)
    for row in rows {
      let value = BinomialTest.twoSided(successes: row.successes, trials: row.trials, probability: row.probability)
      expectClose(value, row.value, "\(row)")
    }
  }

  @Test("is the same for either of two counts at ½, and sure of nothing from no votes")
  func symmetry() {
    for trials in [1, 2, 9, 100, 1001] {
      for successes in 0...trials {
        let value = BinomialTest.twoSided(successes: successes, trials: trials)
        expectClose(BinomialTest.twoSided(successes: trials - successes, trials: trials), value, "\(successes)")
      }
    }
    #expect(BinomialTest.twoSided(successes: 0, trials: 0) == 1)
    #expect(BinomialTest.twoSided(successes: 50, trials: 100) == 1)
  }

  @Test("has tails that complete each other")
  func tails() {
    for successes in 1...40 {
      let greater = BinomialTest.greater(successes: successes, trials: 40, probability: 0.3)
      let less = BinomialTest.less(successes: successes - 1, trials: 40, probability: 0.3)
      #expect(abs(greater + less - 1) < 1e-15)
    }
    #expect(BinomialTest.greater(successes: 0, trials: 40, probability: 0.3) == 1)
    #expect(BinomialTest.less(successes: 40, trials: 40, probability: 0.3) == 1)
  }

  @Test("takes impossible and certain events as they are")
  func certainty() {
    #expect(BinomialTest.twoSided(successes: 0, trials: 10, probability: 0) == 1)
    #expect(BinomialTest.twoSided(successes: 1, trials: 10, probability: 0) == 0)
    #expect(BinomialTest.twoSided(successes: 10, trials: 10, probability: 1) == 1)
    #expect(BinomialTest.twoSided(successes: 9, trials: 10, probability: 1) == 0)
  }
}
