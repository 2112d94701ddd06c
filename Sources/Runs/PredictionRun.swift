import Basics
import Certification

/// What `predict` says about one image.
public struct Prediction: Hashable, Sendable, Encodable {
  /// The predicted class; nil is an abstention.
  public var label: Int?
  /// The share of votes for the class with most of them.
  public var probability: Double
  /// The class with most votes, also on an abstention.
  public var candidate: Int
  /// The lower bound on the candidate's probability; nil where no radius was asked for.
  public var pLower: Double?
  /// The certified radius in pixels; nil on an abstention or where no radius was asked for.
  public var radius: Double?
  /// Votes per class; with the invalid ones they sum to `samples`.
  public var votes: [Int]
  public var invalidVotes: Int
  public var samples: Int
  public var evaluations: Int

  public var abstained: Bool { label == nil }

  init(_ result: CertifyResult) {
    let counts = result.estimation.counts
    label = result.outcome.label
    probability = Double(counts.perClass[result.candidate]) / Double(counts.total)
    candidate = result.candidate
    pLower = result.certificate.pLower
    radius = result.certificate.radius
    votes = counts.perClass
    invalidVotes = counts.invalid
    samples = counts.total
    evaluations = result.evaluations
  }

  init(_ result: PredictResult) {
    label = result.label
    candidate = result.counts.leader
    probability = Double(result.counts.perClass[candidate]) / Double(result.counts.total)
    votes = result.counts.perClass
    invalidVotes = result.counts.invalid
    samples = result.counts.total
    evaluations = result.counts.evaluations
  }

  enum CodingKeys: String, CodingKey {
    case label, abstained, probability, candidate, pLower, radius, votes, invalidVotes, samples, evaluations
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(label, forKey: .label)
    try container.encode(abstained, forKey: .abstained)
    try container.encode(probability, forKey: .probability)
    try container.encode(candidate, forKey: .candidate)
    try container.encodeIfPresent(pLower, forKey: .pLower)
    if pLower != nil { try container.encode(radius ?? 0, forKey: .radius) }
    try container.encode(votes, forKey: .votes)
    try container.encode(invalidVotes, forKey: .invalidVotes)
    try container.encode(samples, forKey: .samples)
    try container.encode(evaluations, forKey: .evaluations)
  }
}

/// Predicts single images, with a certified radius (CERTIFY) or without (PREDICT, which needs fewer votes).
///
/// The seed should be unknown to whoever chose the images (`UInt64.random(in: .min ... .max)`): knowing the noise, one
/// can search for inputs on which the estimate fails (SPEC §4).
public struct PredictionRun: Sendable {
  public enum Rule: Hashable, Sendable {
    case certify(Certify)
    case predict(Predict)

    /// Votes an image costs.
    public var votes: Int {
      switch self {
      case .certify(let certify): certify.selectionSamples + certify.samples
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
    _ images: [RunImage], onPrediction: (RunImage, Prediction) -> Void = { _, _ in }
  ) async throws -> [Prediction] {
    for image in images { try image.check(shape: executor.imageShape, classCount: executor.classCount) }
    progress.begin(images: images.count, finishedBefore: 0, votesPerImage: rule.votes)
    defer { progress.end() }
    var predictions: [Prediction] = []
    do {
      for image in images {
        let votes = ImageVotes(
          executor: executor, pixels: image.pixels, seed: seed, image: UInt32(image.index),
          onVotes: { progress.addVotes($0) })
        let prediction =
          switch rule {
          case .certify(let certify): Prediction(try await certify(votes, sigma: sigma))
          case .predict(let predict): Prediction(try await predict(votes))
          }
        progress.finishImage()
        predictions.append(prediction)
        onPrediction(image, prediction)
      }
    } catch is CancellationError {
      throw Interrupted(finished: predictions.count, total: images.count)
    }
    return predictions
  }
}
