import Foundation
import NoisedDiffusionClassifiers

/// `text` filled with spaces to `width`.
func padded(_ text: String, _ width: Int) -> String {
  text + String(repeating: " ", count: max(1, width - text.count))
}

/// A number with a fixed number of decimals, rounded to nearest; never for a bound or a radius.
func fixed(_ value: Double, _ decimals: Int) -> String { String(format: "%.\(decimals)f", value) }

/// A bound or a radius, rounded towards zero so that what is printed is still true.
func roundedDown(_ value: Double, digits: Int) -> String { DecimalText.down(value, digits: digits) }
