import Datasets
import Basics
import Certification

/// Predicts single images, with a certified radius (CERTIFY) or without (PREDICT, which needs fewer votes).
///
/// The seed should be unknown to whoever chose the images (`UInt64.random(in: .min ... .max)`): knowing the noise, one
/// can search for inputs on which the estimate fails (Docs/Mathematics.md, Randomness and streams).
public struct PredictionRun: Sendable {
  public enum Rule: Hashable, Sendable {
    case certify(CertificationRule)
    case predict(Predict)

    /// Votes an image costs; nil where it takes as many as it needs.
    public var votes: Int? {
      switch self {
      case .certify(let rule): rule.fixedVotes
      case .predict(let predict): predict.samples
      }
    }

    /// Votes an image costs at most.
    public var mostVotes: Int {
      switch self {
      case .certify(let rule): rule.mostVotes
      case .predict(let predict): predict.samples
      }
    }
  }

  public var executor: VoteExecutor
  /// σ, in pixels.
  public var sigma: PixelNoise
  public var rule: Rule
  public var seed: UInt64
  public var progress: RunProgress

  public init(executor: VoteExecutor, sigma: PixelNoise, rule: Rule, seed: UInt64, progress: RunProgress = .silent) {
    self.executor = executor
    self.sigma = sigma
    self.rule = rule
    self.seed = seed
    self.progress = progress
  }

  /// Predicts the images one after the other; `image.index` (the place on the command line) selects an image's noise.
  ///
  /// - Parameter onPrediction: called with each prediction as soon as it is known.
  /// - Throws: `Interrupted` when the task is cancelled; `InputError` for an image that does not fit.
  public func callAsFunction(
    _ images: [LabeledImage], onPrediction: (LabeledImage, Prediction) -> Void = { _, _ in }
  ) async throws -> [Prediction] {
    for image in images { try image.check(shape: executor.imageShape, classes: executor.classes) }
    let plan = WorkPlan(
      images: images.count, votesPerImage: rule.mostVotes, isOpen: rule.votes == nil,
      evaluationsPerVote: executor.evaluationsPerVote())
    var predictions: [Prediction] = []
    do {
      try await progress.follow(plan) {
        for image in images {
          let votes = ImageVotes(
            executor: executor, pixels: image.pixels, seed: seed, image: UInt32(image.index),
            onVotes: { progress.addVotes($0) })
          let prediction =
            switch rule {
            case .certify(let rule): Prediction(try await rule(votes, sigma: sigma))
            case .predict(let predict): Prediction(try await predict(votes))
            }
          try await executor.requireUnchanged()
          progress.finishImage(evaluations: prediction.evaluations)
          predictions.append(prediction)
          onPrediction(image, prediction)
        }
      }
    } catch is CancellationError {
      throw Interrupted(finished: predictions.count, total: images.count)
    }
    return predictions
  }
}
