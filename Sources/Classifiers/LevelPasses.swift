import Diffusion

/// What the evaluations of a vote answer, and so how many it takes (Docs/Mathematics.md, All classes in one pass).
public enum LevelPasses: Hashable, Sendable {
  /// One evaluation at each level for each class.
  case perClass
  /// One at each level for all classes.
  case perLevel
  /// One at each level for all classes; that of the level at this place is x̂'s own.
  case sharingReconstruction(level: Int)

  /// - Parameters:
  ///   - scope: of the denoiser.
  ///   - coinciding: the level at which x̂ = D(x_τ; σ_τ, none) and D(x_t; s_t, y) have the same input: x_t = x_τ and
  ///     s_t = σ_τ, both exactly, which is the level s = σ_τ of `apndc-posterior`.
  init(_ scope: EvaluationScope, _ sharing: NoiseSharing, coinciding: Int?) {
    // Noise of its own gives each class an x_t of its own.
    guard scope != .oneLabel, sharing == .shared else {
      self = .perClass
      return
    }
    self = coinciding.flatMap { scope == .classesAndNone ? .sharingReconstruction(level: $0) : nil } ?? .perLevel
  }

  /// Whether an evaluation serves all classes.
  var isForAllClasses: Bool { self != .perClass }

  /// The level that x̂'s evaluation answers too.
  var knownLevel: Int? {
    guard case .sharingReconstruction(let level) = self else { return nil }
    return level
  }

  /// Evaluations that a level takes beside x̂'s while so many classes are left.
  func evaluations(at level: Int, classes: Int) -> Int {
    switch self {
    case .perClass: classes
    case .perLevel: 1
    case .sharingReconstruction(let known): level == known ? 0 : 1
    }
  }
}
