/// Lengths in a picture, written short.
package enum Coordinate {
  /// Hundredths of a unit, without trailing zeros.
  package static func text(_ value: Double) -> String { text(hundredths: hundredths(value)) }

  package static func hundredths(_ value: Double) -> Int { Int((value * 100).rounded()) }

  package static func text(hundredths value: Int) -> String {
    let sign = value < 0 ? "-" : ""
    let (whole, rest) = abs(value).quotientAndRemainder(dividingBy: 100)
    if rest == 0 { return "\(sign)\(whole)" }
    if rest % 10 == 0 { return "\(sign)\(whole).\(rest / 10)" }
    return "\(sign)\(whole).\(rest < 10 ? "0" : "")\(rest)"
  }
}

/// Round numbers along an axis.
package struct AxisTicks {
  package let step: Double
  package let values: [Double]

  /// At most about ten ticks from 0 to `end`.
  package init(upTo end: Double) {
    let steps = [0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 25, 50, 100, 250, 500, 1000]
    let step = steps.first { end / $0 <= 10 } ?? end / 10
    self.step = step
    values = (0...10).map { Double($0) * step }.filter { $0 <= end * 1.000001 }
  }
}
