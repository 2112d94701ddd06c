import Basics

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
  public func percent(digits: Int = 2) -> String { DecimalText.quotient(count * 100, by: total, digits: digits) }

  /// The fraction with `digits` decimals rounded down.
  public func fraction(digits: Int = 6) -> String { DecimalText.quotient(count, by: total, digits: digits) }

  public static func < (left: Share, right: Share) -> Bool {
    let (one, other) = (
      left.count.multipliedFullWidth(by: right.total), right.count.multipliedFullWidth(by: left.total)
    )
    return (one.high, one.low) < (other.high, other.low)
  }
}
