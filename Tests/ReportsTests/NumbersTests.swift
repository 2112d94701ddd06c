import Foundation
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
    "Upper ends are rounded up, lower ends down, also below zero",
    arguments: [
      (0.125, 2, "0.12", "0.13"), (0.5, 2, "0.50", "0.50"), (-0.125, 2, "-0.13", "-0.12"), (0.999, 2, "0.99", "1.00"),
      (-0.001, 2, "-0.01", "0.00"), (9.999, 1, "9.9", "10.0"), (0, 3, "0.000", "0.000"),
    ] as [(Double, Int, String, String)])
  func ends(value: Double, digits: Int, lower: String, upper: String) {
    #expect(Decimals.down(value, digits: digits) == lower)
    #expect(Decimals.up(value, digits: digits) == upper)
  }

  @Test("Rounded up never lies below the number, nor a whole unit above")
  func upIsAbove() {
    var random = TestRandom(state: 5)
    for _ in 0..<20_000 {
      let value = (random.uniform() * 1e6).rounded() / 1e6 + (random.uniform() < 0.5 ? 0 : 1e-12)
      let shown = Double(Decimals.up(value, digits: 4)) ?? .nan
      #expect(shown >= value && shown < value + 1.0001e-4)
    }
  }

  @Test(
    "A level of error keeps three digits and is never understated",
    arguments: [(5e-5, "5.00e-5"), (0.001 / 3, "3.34e-4"), (9.999e-6, "1.00e-5"), (1e-7, "1.00e-7")]
      as [(Double, String)])
  func scientific(value: Double, text: String) {
    let shown = Decimals.scientific(value)
    // One unit in the last digit of slack where a power of ten is no double.
    #expect(shown == text || (Double(shown) ?? 0) > value && (Double(shown) ?? 0) < value * 1.011)
  }

  @Test("Sums are exactly rounded, whatever the order")
  func sums() {
    #expect(ExactSum.sum([Double](repeating: 0.1, count: 10)) == 1)
    #expect(ExactSum.sum([1e100, 1, -1e100]) == 1)
    #expect(ExactSum.sum([]) == 0)
    // Python: math.fsum([1, 2**-53, 2**-106]).
    #expect(ExactSum.sum([1, 0x1p-53, 0x1p-106]) == 1.0.nextUp)
    var random = TestRandom(state: 9)
    let values = (0..<1000).map { _ in (random.uniform() - 0.5) * pow(10, random.uniform() * 30 - 15) }
    let shuffled = values.shuffled(using: &random)
    #expect(ExactSum.sum(values) == ExactSum.sum(shuffled))
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
