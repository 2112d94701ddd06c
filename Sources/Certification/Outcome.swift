import Basics

/// What certification says about one image.
public enum Outcome: Hashable, Sendable {
  /// g's prediction is `label` and stays so for every perturbation of L2 norm below `radius` (in pixels), except with
  /// probability α over the votes.
  case certified(label: Int, radius: Double)
  /// The votes do not tell which class wins.
  case abstained

  public var label: Int? {
    if case .certified(let label, _) = self { label } else { nil }
  }

  /// The certified radius in pixels; nothing is certified on abstention.
  public var radius: Double? {
    if case .certified(_, let radius) = self { radius } else { nil }
  }
}
