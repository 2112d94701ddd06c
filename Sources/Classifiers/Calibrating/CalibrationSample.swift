/// One training vote: what the classifier saw at every candidate level, and what it should have said.
public struct CalibrationSample: Hashable, Sendable {
  public var errors: LevelErrors
  /// The place of the label among the classes.
  public var label: Int

  public init(errors: LevelErrors, label: Int) {
    precondition((0..<errors.classCount).contains(label), "a label lies in 0 ..< K")
    self.errors = errors
    self.label = label
  }

  /// Whether every error is a finite number; others teach nothing.
  public var isUsable: Bool { errors.values.allSatisfy { $0.isFinite } }
}
