/// Why no more votes were cast.
public enum StopReason: Hashable, Sendable {
  /// The rule's own reason: votes fixed beforehand were cast, targets decided, or the radius can hardly grow.
  case decided(CertificationRule.Kind)
  /// The budget of votes is spent.
  case budget

  /// The number of votes fixed beforehand.
  public static let fixed = decided(.fixed)
  /// Every target radius is certified, or out of reach.
  public static let targets = decided(.targets)
  /// The radius can hardly grow any more.
  public static let tolerance = decided(.tolerance)
}

extension StopReason: RawRepresentable, Codable {
  private static let budgetName = "budget"

  public var rawValue: String {
    switch self {
    case .decided(let kind): kind.rawValue
    case .budget: Self.budgetName
    }
  }

  public init?(rawValue: String) {
    if let kind = CertificationRule.Kind(rawValue: rawValue) {
      self = .decided(kind)
    } else if rawValue == Self.budgetName {
      self = .budget
    } else {
      return nil
    }
  }
}
