import Reports
import Testing

@Suite("Numbers as they are shown") struct NumbersTests {
  @Test(
    "A share is rounded down in integers",
    arguments: [
      (29, 100, "29.00", "0.290000"), (57, 100, "57.00", "0.570000"), (2, 3, "66.66", "0.666666"),
      (1, 1, "100.00", "1.000000"), (0, 7, "0.00", "0.000000"), (9_999, 10_000, "99.99", "0.999900"),
      (99_999, 100_000, "99.99", "0.999990"), (1, 300, "0.33", "0.003333"),
      (999_999_999_999_999, 1_000_000_000_000_000, "99.99", "0.999999"),
    ])
  func share(count: Int, total: Int, percent: String, fraction: String) {
    #expect(Share(count, of: total).percent() == percent)
    #expect(Share(count, of: total).fraction() == fraction)
  }

  @Test("Shares of different totals are compared exactly")
  func order() {
    #expect(Share(1, of: 3) < Share(334, of: 1000))
    let many = 1_000_000_000_000_000
    #expect(Share(many / 2, of: many) < Share(many / 2 + 1, of: many))
    #expect(!(Share(333, of: 999) < Share(1, of: 3)) && !(Share(1, of: 3) < Share(333, of: 999)))
  }

  @Test(
    "Ticks are round and few",
    arguments: [(0.26, 0.05), (0.1, 0.01), (1, 0.1), (2.2, 0.25), (4, 0.5), (37, 5)] as [(Double, Double)])
  func ticks(end: Double, step: Double) {
    let ticks = AxisTicks(upTo: end)
    #expect(ticks.step == step)
    #expect((3...11).contains(ticks.values.count) && ticks.values[0] == 0)
  }

  @Test("Coordinates are short")
  func coordinates() {
    #expect([0, 12.5, 3.14159, -0.05, 100].map(Coordinate.text) == ["0", "12.5", "3.14", "-0.05", "100"])
  }
}
