import Statistics
import Testing

@Suite("Wilson's interval")
struct WilsonIntervalTests {
  @Test("equals SciPy's to 1e-9")
  func reference() throws {
    let rows = try ReferenceValues.load().wilson
    #expect(rows.count == 28)
    for row in rows {
      let interval = WilsonInterval.interval(successes: row.successes, trials: row.trials, alpha: row.alpha)
      expectClose(row.side == .lower ? interval.lowerBound : interval.upperBound, row.value, "\(row)")
    }
    #expect(WilsonInterval.interval(successes: 0, trials: 0) == 0...1)
  }
}
