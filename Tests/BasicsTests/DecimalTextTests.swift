import Basics
import Foundation
import TestSupport
import Testing

@Suite struct DecimalTextTests {
  @Test(
    "Numbers are rounded down",
    arguments: [
      (0, 6, "0.000000"), (0.5, 6, "0.500000"), (0.7996443786845846, 6, "0.799644"), (0.9999999, 6, "0.999999"),
      (1.9999999999999998, 6, "1.999999"), (12.345, 2, "12.34"), (0.3, 1, "0.2"), (7.9, 0, "7"),
      (1e-300, 6, "0.000000"),
    ] as [(Double, Int, String)])
  func down(value: Double, digits: Int, text: String) {
    #expect(DecimalText.down(value, digits: digits) == text)
  }

  @Test("The text never exceeds the number's exact decimal expansion, and lies less than a unit below")
  func exact() {
    // Doubles next to six-digit decimals are where rounding goes wrong.
    for step in 0..<20_000 {
      let near = Double(step * 137 % 4_000_000) / 1e6
      for value in [near.nextDown, near, near.nextUp, near + 3e-7] where value >= 0 {
        // glibc prints the exact expansion: at least 80 digits hold every double of this size.
        let expansion = String(format: "%.80f", value)
        let dot = expansion.firstIndex(of: ".").map { expansion.index($0, offsetBy: 7) } ?? expansion.endIndex
        #expect(DecimalText.down(value, digits: 6) == expansion[..<dot])
      }
    }
  }

  @Test(
    "Upper ends are rounded up, lower ends down, also below zero",
    arguments: [
      (0.125, 2, "0.12", "0.13"), (0.5, 2, "0.50", "0.50"), (-0.125, 2, "-0.13", "-0.12"), (0.999, 2, "0.99", "1.00"),
      (-0.001, 2, "-0.01", "0.00"), (9.999, 1, "9.9", "10.0"), (0, 3, "0.000", "0.000"),
    ] as [(Double, Int, String, String)])
  func ends(value: Double, digits: Int, lower: String, upper: String) {
    #expect(DecimalText.down(value, digits: digits) == lower)
    #expect(DecimalText.up(value, digits: digits) == upper)
  }

  @Test("Rounded up never lies below the number, nor a whole unit above")
  func upIsAbove() {
    var random = SplitMix64(state: 5)
    for _ in 0..<20_000 {
      let value = (random.unit() * 1e6).rounded() / 1e6 + (random.unit() < 0.5 ? 0 : 1e-12)
      let shown = Double(DecimalText.up(value, digits: 4)) ?? .nan
      #expect(shown >= value && shown < value + 1.0001e-4)
    }
  }

  @Test(
    "A level of error keeps three digits and is never understated",
    arguments: [(5e-5, "5.00e-5"), (0.001 / 3, "3.34e-4"), (9.999e-6, "1.00e-5"), (1e-7, "1.00e-7")]
      as [(Double, String)])
  func scientific(value: Double, text: String) {
    let shown = DecimalText.scientific(value)
    // One unit in the last digit of slack where a power of ten is no double.
    #expect(shown == text || (Double(shown) ?? 0) > value && (Double(shown) ?? 0) < value * 1.011)
  }

  @Test("What no such decimal fits is written out", arguments: [1e9, -1e9, .infinity, -.infinity, .nan, 1e300])
  func unfitting(value: Double) {
    #expect(DecimalText.down(value, digits: 2) == "\(value)" && DecimalText.up(value, digits: 2) == "\(value)")
  }

  @Test(
    "Percentages of a count are rounded down in integers",
    arguments: [(29, 100, "29.00 %"), (2, 3, "66.66 %"), (0, 7, "0.00 %"), (7, 7, "100.00 %")])
  func percent(count: Int, total: Int, text: String) {
    #expect(DecimalText.percent(count, of: total) == text)
  }

  @Test(
    "A p-value that doubles cannot hold in full is a bound, never 0",
    arguments: [
      (0, "< 1e-300"), (.leastNonzeroMagnitude, "< 1e-300"), (9e-301, "< 1e-300"), (1e-300, "1e-300"),
      (0.0312, "0.031"), (1, "1"),
    ] as [(Double, String)])
  func significant(value: Double, text: String) {
    #expect(DecimalText.significant(value) == text)
  }

  @Test(
    "Times read as Python's timedelta",
    arguments: [
      (0, "0:00:00.000000"), (1.5, "0:00:01.500000"), (59.9999999, "0:01:00.000000"), (3723.000001, "1:02:03.000001"),
      (360000, "100:00:00.000000"),
    ] as [(Double, String)])
  func clock(seconds: Double, text: String) {
    #expect(DecimalText.clock(seconds) == text)
  }
}
