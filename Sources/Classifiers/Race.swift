import Basics

/// Racing elimination: all classes of a vote meet the same (level, noise) pairs one after the other, and a class is
/// dropped as soon as it is far enough behind the leader (after Maron & Moore 1993, "Hoeffding races", with margins that
/// are calibrated on training votes instead of bounded).
///
/// After the level at position j of the order, the paired loss differences to the leader are the differences of the
/// running sums Σ_{i≤j} ω_i·e_i(y): every class has the same noise, so what they share cancels. The vote ends when one
/// class is left or every level is spent. A class whose loss is NaN is never dropped.
public struct Race: Hashable, Sendable {
  /// When a class is dropped.
  public enum Rule: Hashable, Sendable {
    /// Beyond `margins[j]` behind the leader after position j; infinite to keep every class.
    case margins([Double])
    /// All but the better half (rounded up) after every level: needs no calibration, as it knows no scale (Karnin,
    /// Koren & Somekh 2013, "sequential halving").
    case halving
  }

  /// Places in the ascending grid in the order of evaluation; empty for the descending order.
  public var order: [Int]
  public var rule: Rule

  public init(order: [Int] = [], rule: Rule) {
    self.order = order
    self.rule = rule
  }

  /// - Throws: `UsageError` unless the order names every level once and there is one margin, not negative, per level.
  public func validate(levelCount: Int) throws {
    guard order.isEmpty || order.sorted() == Array(0..<levelCount) else {
      throw UsageError("race: the order must name each of the \(levelCount) levels once; found \(order)")
    }
    guard case .margins(let margins) = rule else { return }
    guard margins.count == levelCount else {
      throw UsageError("race: \(margins.count) margins for a grid that evaluates \(levelCount) levels")
    }
    if let wrong = margins.first(where: { !($0 >= 0) }) {
      throw UsageError("race: the margin \(wrong) must not be negative")
    }
  }

  /// The order with the default filled in.
  package func levels(of levelCount: Int) -> [Int] {
    order.isEmpty ? Array((0..<levelCount).reversed()) : order
  }
}

extension Race: Codable {
  private enum CodingKeys: String, CodingKey { case order, margins }

  public init(from decoder: any Decoder) throws {
    let fields = try decoder.container(keyedBy: CodingKeys.self)
    order = try fields.decodeIfPresent([Int].self, forKey: .order) ?? []
    let margins = try fields.decodeIfPresent([Double?].self, forKey: .margins)
    rule = margins.map { .margins($0.map { $0 ?? .infinity }) } ?? .halving
  }

  /// A null margin stands for an infinite one, absent margins for halving.
  public func encode(to encoder: any Encoder) throws {
    var fields = encoder.container(keyedBy: CodingKeys.self)
    if !order.isEmpty { try fields.encode(order, forKey: .order) }
    if case .margins(let margins) = rule {
      try fields.encode(margins.map { $0.isFinite ? $0 : nil }, forKey: .margins)
    }
  }
}

extension Race: CustomStringConvertible {
  public var description: String {
    switch rule {
    case .margins: "race with calibrated margins"
    case .halving: "race, halving the classes after every level"
    }
  }
}
