import Basics
import Foundation
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
    "Times read as Python's timedelta",
    arguments: [
      (0, "0:00:00.000000"), (1.5, "0:00:01.500000"), (59.9999999, "0:01:00.000000"), (3723.000001, "1:02:03.000001"),
      (360000, "100:00:00.000000"),
    ] as [(Double, String)])
  func clock(seconds: Double, text: String) {
    #expect(DecimalText.clock(seconds) == text)
  }
}
