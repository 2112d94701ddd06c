import Basics
import Foundation

/// Decimal numbers whose rounding never claims more than there is.
package enum Decimals {
  /// Rounded towards zero, as `DecimalText.down`; "∞" style values are written out.
  package static func down(_ value: Double, digits: Int) -> String {
    guard value.isFinite, value < 1e9 else { return "\(value)" }
    return value < 0 ? "-" + up(-value, digits: digits) : DecimalText.down(value, digits: digits)
  }

  /// The upper end of an interval: the next decimal that is not smaller.
  package static func up(_ value: Double, digits: Int) -> String {
    guard value.isFinite, abs(value) < 1e9 else { return "\(value)" }
    guard value >= 0 else {
      let text = DecimalText.down(-value, digits: digits)
      return text.allSatisfy { "0.".contains($0) } ? text : "-" + text
    }
    let below = DecimalText.down(value, digits: digits)
    // Exact: the text's own double is compared, and one unit added where it lies below.
    if let shown = Double(below), shown >= value { return below }
    return increment(below)
  }

  /// A number that is no claim, such as a time or a ratio: `digits` decimals, rounded to nearest.
  package static func nearest(_ value: Double, digits: Int) -> String { String(format: "%.\(digits)f", value) }

  /// Two significant digits, rounded to nearest: for p-values.
  package static func significant(_ value: Double) -> String { String(format: "%.2g", value) }

  /// Three digits and a power of ten, for levels of error: never rounded down, which would claim more.
  package static func scientific(_ value: Double) -> String {
    guard value > 0, value.isFinite else { return "\(value)" }
    let exponent = Int(log10(value).rounded(.down))
    let mantissa = up(value / pow(10, Double(exponent)), digits: 2)
    return mantissa == "10.00" ? "1.00e\(exponent + 1)" : "\(mantissa)e\(exponent)"
  }

  /// The decimal text plus one in its last place.
  private static func increment(_ text: String) -> String {
    var digits = Array(text.utf8)
    for index in digits.indices.reversed() where digits[index] != UInt8(ascii: ".") {
      if digits[index] == UInt8(ascii: "9") {
        digits[index] = UInt8(ascii: "0")
      } else {
        digits[index] += 1
        return String(decoding: digits, as: UTF8.self)
      }
    }
    return "1" + String(decoding: digits, as: UTF8.self)
  }

  /// A radius as people write it: 0.25, 1, 0.5.
  package static func radius(_ value: Double) -> String {
    let text = "\(value)"
    return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
  }
}
