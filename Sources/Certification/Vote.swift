import Basics
import Classifiers

/// The outcome of one noisy classification f(x + δ).
public struct Vote: Hashable, Sendable {
  public enum Choice: Hashable, Sendable {
    /// The model's label of a class.
    case label(Int)
    /// The losses held a NaN or no finite value: the vote counts for no class, hence against c_A (Docs/Mathematics.md,
    /// What keeps it a proof).
    case invalid
  }

  public var choice: Choice
  /// Denoiser evaluations spent (NFE).
  public var evaluations: Int

  public init(choice: Choice, evaluations: Int) {
    self.choice = choice
    self.evaluations = evaluations
  }

  /// The arg min of the losses, ties to the lowest class; invalid where there is none.
  ///
  /// - Parameter classes: what the model calls the classes of the losses; nil for 0 ..< K.
  public init(_ result: ClassLosses, among classes: ClassSet? = nil) {
    self.init(choice: result.prediction.map { .label(classes?[$0] ?? $0) } ?? .invalid, evaluations: result.evaluations)
  }
}
