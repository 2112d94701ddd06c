import Basics
import Diffusion

/// What every classifier of Docs/Mathematics.md comes down to: a denoiser, the terms of the loss, where the noise is
/// added, and which classes are evaluated where.
public struct EvaluationPlan: Sendable {
  let denoiser: any Denoiser
  /// σ_τ, which the input's noise is taken to have; nil where the classifier was made for none.
  let smoothing: ModelNoise?
  package let terms: [LossTerm]
  let anchor: LossAnchor
  let sharing: NoiseSharing
  let elimination: Elimination
  let passes: LevelPasses

  /// - Throws: `InputError` when the model has no classes or does not answer without a label where x̂ is needed;
  ///   `UsageError` when σ_τ or the elimination does not fit.
  init(
    denoiser: any Denoiser, smoothing: ModelNoise?, terms: [LossTerm], anchor: LossAnchor, sharing: NoiseSharing,
    elimination: Elimination
  ) throws {
    guard denoiser.classCount > 0 else {
      throw InputError("the model has no classes: it cannot classify", expected: "a class-conditional model")
    }
    try anchor.check(denoiser)
    try elimination.validate(levelCount: terms.count)
    self.denoiser = denoiser
    self.smoothing = smoothing
    self.terms = terms
    self.anchor = anchor
    self.sharing = sharing
    self.elimination = elimination
    let coinciding: Int? =
      if case .inputAimingAtReconstruction(let noise) = anchor {
        terms.firstIndex { $0.noise == noise && $0.amplitude == 0 }
      } else { nil }
    passes = LevelPasses(denoiser.scope, sharing, coinciding: coinciding)
  }

  /// Votes that fill a part of a denoiser's batch: 1 where every vote fills several.
  package var votesTogether: Int { passes.isForAllClasses ? max(1, denoiser.preferredBatchSize) : 1 }

  /// Evaluations of a vote at most, with its elimination or with nothing dropped.
  package func evaluationsPerVote(dropsNothing: Bool = false) -> Int {
    let most = (dropsNothing ? .none : elimination).mostEvaluations(
      levelCount: terms.count, classCount: denoiser.classCount, passes: passes)
    return denoiser.passes * (most + (anchor.reconstructionNoise == nil ? 0 : 1))
  }
}

/// A classifier whose losses are Σ_t ω_t·e_t(y): every one of Docs/Mathematics.md, Losses and predictions.
public protocol LossClassifier: BaseClassifier {
  var plan: EvaluationPlan { get }
}

extension LossClassifier {
  public var imageShape: ImageShape { plan.denoiser.imageShape }
  public var classCount: Int { plan.denoiser.classCount }
  public var classes: ClassSet { plan.denoiser.classes }
  public var smoothing: PixelNoise? { plan.smoothing?.inPixels }
  /// ω_t (EPNDC: κ_t times its factor) for each level in ascending order.
  public var levelWeights: [Double] { plan.terms.map(\.weight) }

  public var isServedElsewhere: Bool { plan.denoiser.isServedElsewhere }
  public func requireUnchanged() throws { try plan.denoiser.requireUnchanged() }

  public func makeWorker() throws -> any ClassifierWorker { try LossWorker(plan) }
}

/// A worker that can tell the errors behind its losses.
public protocol LossClassifierWorker: ClassifierWorker {
  /// The squared errors of each input at every level and class, nothing dropped.
  ///
  /// - Throws: as `classLosses`.
  func levelErrors(_ inputs: [ClassifierInput]) throws -> [LevelErrors]
}
