/// What one evaluation of a denoiser answers (Docs/Mathematics.md, All classes in one pass).
public enum EvaluationScope: Hashable, Sendable {
  /// D(x; s, y) of the one label that was asked for.
  case oneLabel
  /// D(x; s, y) of every class at once.
  case classes
  /// The same, and D(x; s, none).
  case classesAndNone
}
