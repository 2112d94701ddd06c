import Foundation
import Statistics
import Testing

@Suite("Clopper–Pearson bounds")
struct ClopperPearsonTests {
  @Test("equal SciPy's to 1e-9, up to ten million trials and down to α = 1e-12")
  func reference() throws {
    let rows = try ReferenceValues.load().bounds
    #expect(rows.count > 400)
    for row in rows {
      let (successes, trials, alpha) = (row.successes, row.trials, row.alpha)
      let values =
        row.side == .lower
        ? [BoundRounding.down, .nearest].map {
          ClopperPearson.lowerBound(successes: successes, trials: trials, alpha: alpha, rounding: $0)
        }
        : [ClopperPearson.upperBound(successes: successes, trials: trials, alpha: alpha)]
      for value in values { expectClose(value, row.value, "\(row)") }
    }
  }

  @Test("have their closed forms at the ends", arguments: [1, 2, 7, 100, 10_000, 10_000_000])
  func ends(trials: Int) {
    let n = Double(trials)
    for alpha in [1e-300, 1e-12, 1e-3, 0.05, 0.5, 0.999] {
      #expect(ClopperPearson.lowerBound(successes: 0, trials: trials, alpha: alpha) == 0)
      #expect(ClopperPearson.upperBound(successes: trials, trials: trials, alpha: alpha) == 1)
      expectClose(
        ClopperPearson.lowerBound(successes: trials, trials: trials, alpha: alpha), exp(log(alpha) / n), "k = n")
      expectClose(
        ClopperPearson.lowerBound(successes: 1, trials: trials, alpha: alpha), -expm1(log1p(-alpha) / n), "k = 1")
      expectClose(
        ClopperPearson.upperBound(successes: 0, trials: trials, alpha: alpha), -expm1(log(alpha) / n), "k = 0")
    }
  }

  @Test("leave exactly α in the binomial tail, at every count", arguments: [1, 2, 13, 100, 10_000])
  func definition(trials: Int) {
    for alpha in [1e-12, 1e-3, 0.05, 0.4] {
      var last = 0.0
      for successes in stride(from: 1, through: trials, by: max(1, trials / 500)) {
        let bound = ClopperPearson.lowerBound(successes: successes, trials: trials, alpha: alpha)
        let tail = BinomialTest.greater(successes: successes, trials: trials, probability: bound)
        // The bound is rounded to 1e-16, which the tail may magnify by up to n.
        #expect(abs(tail - alpha) <= 1e-10 * alpha, "\(successes) of \(trials)")
        #expect(bound > last && bound < Double(successes) / Double(trials))
        last = bound
      }
    }
  }

  @Test("make a two-sided interval of α/2 on each side")
  func interval() {
    let interval = ClopperPearson.interval(successes: 487, trials: 500)
    #expect(interval.lowerBound == ClopperPearson.lowerBound(successes: 487, trials: 500, alpha: 0.025))
    #expect(interval.upperBound == ClopperPearson.upperBound(successes: 487, trials: 500, alpha: 0.025))
    #expect(ClopperPearson.interval(successes: 0, trials: 0) == 0...1)
  }

  @Test("know nothing from no trials")
  func noTrials() {
    #expect(ClopperPearson.lowerBound(successes: 0, trials: 0, alpha: 0.001) == 0)
    #expect(ClopperPearson.upperBound(successes: 0, trials: 0, alpha: 0.001) == 1)
  }
}
