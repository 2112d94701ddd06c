import Foundation

/// Decimal numbers for people and tables, whose rounding never claims more than there is.
public enum DecimalText {
  /// The next decimal of `digits` places that is not larger: a printed radius never exceeds its bound.
  ///
  /// What no such decimal fits (10⁹ and beyond, infinite, none at all) is written as Swift does.
  public static func down(_ value: Double, digits: Int) -> String {
    guard abs(value) < 1e9 else { return "\(value)" }
    return value < 0 ? "-" + upwards(-value, digits: digits) : truncated(value, digits: digits)
  }

  /// The next decimal of `digits` places that is not smaller: the upper end of an interval.
  public static func up(_ value: Double, digits: Int) -> String {
    guard abs(value) < 1e9 else { return "\(value)" }
    guard value < 0 else { return upwards(value, digits: digits) }
    let text = truncated(-value, digits: digits)
    return text.allSatisfy { "0.".contains($0) } ? text : "-" + text
  }

  /// A number that is no claim, such as a time or a ratio: `digits` decimals, rounded to nearest.
  public static func nearest(_ value: Double, digits: Int) -> String { String(format: "%.\(digits)f", value) }

  /// Below it doubles lose digits and become 0.
  package static let smallestProbability = 1e-300

  /// Two significant digits, rounded to nearest: for p-values, none of which is 0.
  public static func significant(_ value: Double) -> String {
    value >= 0 && value < smallestProbability ? "< \(smallestProbability)" : String(format: "%.2g", value)
  }

  /// Three digits and a power of ten, for levels of error: never rounded down, which would claim more.
  public static func scientific(_ value: Double) -> String {
    guard value > 0, value.isFinite else { return "\(value)" }
    let exponent = Int(log10(value).rounded(.down))
    let mantissa = up(value / pow(10, Double(exponent)), digits: 2)
    return mantissa == "10.00" ? "1.00e\(exponent + 1)" : "\(mantissa)e\(exponent)"
  }

  /// A number as people write it, with every digit it has: 0.25, 1, 0.5.
  public static func radius(_ value: Double) -> String {
    let text = "\(value)"
    return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
  }

  /// A non-negative number below 10⁹, rounded towards zero.
  private static func truncated(_ value: Double, digits: Int) -> String {
    precondition((0...9).contains(digits), "decimals this text is made for")
    let scale = (0..<digits).reduce(1.0) { power, _ in power * 10 }
    let product = value * scale
    var whole = product.rounded(.down)
    // The product may have been rounded up to a whole number; its error, which fma gives exactly, tells.
    if whole == product, (-product).addingProduct(value, scale) < 0 { whole -= 1 }
    let text = String(Int(whole))
    guard digits > 0 else { return text }
    let padded = String(repeating: "0", count: max(0, digits + 1 - text.count)) + text
    return padded.dropLast(digits) + "." + padded.suffix(digits)
  }

  /// A non-negative number below 10⁹, rounded away from zero.
  private static func upwards(_ value: Double, digits: Int) -> String {
    let below = truncated(value, digits: digits)
    // Exact: the text's own double is compared, and one unit added where it lies below.
    if let shown = Double(below), shown >= value { return below }
    return increment(below)
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

  /// A share as a percentage with two decimals, rounded down.
  public static func percent(_ share: Double) -> String { down(share * 100, digits: 2) + " %" }

  /// `count` of `total` as a percentage with two decimals, rounded down in integers: 29 of 100 is 29.00 %, where 0.29·100
  /// in floating point is less.
  public static func percent(_ count: Int, of total: Int) -> String {
    precondition(total > 0 && (0...total).contains(count), "a share")
    return quotient(count * 100, by: total, digits: 2) + " %"
  }

  /// count/total rounded down, digit by digit in integers.
  ///
  /// - Precondition: 0 ≤ count, 0 < total ≤ 10¹⁷.
  package static func quotient(_ count: Int, by total: Int, digits: Int) -> String {
    var (whole, rest) = count.quotientAndRemainder(dividingBy: total)
    var text = String(whole)
    if digits > 0 { text += "." }
    for _ in 0..<digits {
      (whole, rest) = (rest * 10).quotientAndRemainder(dividingBy: total)
      text += String(whole)
    }
    return text
  }

  /// h:mm:ss.ffffff, as Python prints a `timedelta`.
  public static func clock(_ seconds: Double) -> String {
    let microseconds = Int((max(0, min(seconds, 1e9)) * 1e6).rounded())
    let (whole, fraction) = microseconds.quotientAndRemainder(dividingBy: 1_000_000)
    return "\(whole / 3600):" + padded(whole / 60 % 60, 2) + ":" + padded(whole % 60, 2) + "." + padded(fraction, 6)
  }

  /// h:mm:ss.
  package static func shortClock(_ seconds: Double) -> String { String(clock(seconds).dropLast(7)) }

  private static func padded(_ value: Int, _ width: Int) -> String {
    let text = String(value)
    return String(repeating: "0", count: max(0, width - text.count)) + text
  }
}
