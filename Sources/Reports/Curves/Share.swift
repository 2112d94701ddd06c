/// k of n, printed without ever being rounded up.
public struct Share: Hashable, Sendable, Comparable {
  public let count: Int
  public let total: Int

  /// Beyond it the arithmetic below would overflow.
  static let largestTotal = 1_000_000_000_000_000

  /// - Precondition: 0 ≤ count ≤ total, 0 < total ≤ 10¹⁵.
  public init(_ count: Int, of total: Int) {
    precondition(total > 0 && total <= Self.largestTotal && (0...total).contains(count), "\(count) of \(total)")
    self.count = count
    self.total = total
  }

  public var value: Double { Double(count) / Double(total) }

  /// A percentage of `digits` decimals rounded down, in integers: 29 of 100 is 29.00, where 0.29·100 in floating point
  /// is less.
  public func percent(digits: Int = 2) -> String { decimals(scale: 100, digits: digits) }

  /// The fraction with `digits` decimals rounded down.
  public func fraction(digits: Int = 6) -> String { decimals(scale: 1, digits: digits) }

  private func decimals(scale: Int, digits: Int) -> String {
    var text = String(count * scale / total)
    var rest = count * scale % total
    if digits > 0 { text += "." }
    for _ in 0..<digits {
      let (digit, remainder) = (rest * 10).quotientAndRemainder(dividingBy: total)
      text += String(digit)
      rest = remainder
    }
    return text
  }

  public static func < (left: Share, right: Share) -> Bool {
    let (one, other) = (
      left.count.multipliedFullWidth(by: right.total), right.count.multipliedFullWidth(by: left.total)
    )
    return (one.high, one.low) < (other.high, other.low)
  }
}
