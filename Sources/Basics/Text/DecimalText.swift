/// Decimal numbers for people and tables, never larger than the number they stand for.
public enum DecimalText {
  /// A non-negative number with `digits` decimals, rounded towards zero: a printed radius never exceeds its bound.
  public static func down(_ value: Double, digits: Int) -> String {
    precondition(value >= 0 && value < 1e9 && (0...9).contains(digits), "a number this text is made for")
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

  /// A share as a percentage with two decimals, rounded down.
  public static func percent(_ share: Double) -> String { down(share * 100, digits: 2) + " %" }

  /// `count` of `total` as a percentage with two decimals, rounded down in integers: 29 of 100 is 29.00 %, where 0.29·100
  /// in floating point is less.
  public static func percent(_ count: Int, of total: Int) -> String {
    precondition(total > 0 && (0...total).contains(count), "a share")
    let (whole, rest) = (count * 10_000 / total).quotientAndRemainder(dividingBy: 100)
    return "\(whole).\(padded(rest, 2)) %"
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
