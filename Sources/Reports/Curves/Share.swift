/// k of n, printed without ever being rounded up.
public struct Share: Hashable, Sendable, Comparable {
  public let count: Int
  public let total: Int

  /// - Precondition: 0 ≤ count ≤ total, 0 < total < 10¹².
  public init(_ count: Int, of total: Int) {
    precondition(total > 0 && total < 1_000_000_000_000 && (0...total).contains(count), "\(count) of \(total)")
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
    let power = (0..<digits).reduce(1) { power, _ in power * 10 }
    let whole = count * scale / total
    let rest = (count * scale - whole * total) * power / total
    guard digits > 0 else { return String(whole) }
    let text = String(rest)
    return "\(whole)." + String(repeating: "0", count: digits - text.count) + text
  }

  public static func < (left: Share, right: Share) -> Bool {
    left.count * right.total < right.count * left.total
  }
}
