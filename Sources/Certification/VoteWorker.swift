import Basics
import Classifiers

/// One vote to cast: an image in pixels and the vote's identity.
public struct VoteRequest: Sendable {
  /// C·H·W values in pixels, [0, 1].
  public var pixels: [Float]
  public var key: VoteKey

  public init(pixels: [Float], key: VoteKey) {
    self.pixels = pixels
    self.key = key
  }
}

/// Casts votes one batch at a time; owns the classifier's scratch memory, used from one thread at a time.
///
/// x_τ = 2·(x + σ·ε₁) − 1 = (2x − 1) + 2σ·ε₁ with ε₁ ~ N(0, I) from the vote's smoothing stream; the classifier's own
/// noise comes from the vote's classifier stream.
public final class VoteWorker {
  private let worker: any ClassifierWorker
  private let shape: ImageShape
  private let classes: ClassSet
  private let sigma: PixelNoise?

  /// - Parameter sigma: the smoothing noise; nil classifies the image as it is.
  public init(base: any BaseClassifier, sigma: PixelNoise?) throws {
    worker = try base.makeWorker()
    shape = base.imageShape
    classes = base.classes
    self.sigma = sigma
  }

  /// The votes in the order of the requests; a vote depends on its own request alone.
  ///
  /// - Throws: `CancellationError` when the task is cancelled; whatever the classifier throws.
  public func votes(_ requests: [VoteRequest]) throws -> [Vote] { try votes(requests, help: nil) }

  /// The same, with others that carry out some of the evaluations; a vote does not depend on who did.
  package func votes(_ requests: [VoteRequest], help: (any EvaluationHelp)?) throws -> [Vote] {
    let results = try helped(by: help) { try worker.classLosses(requests.map(input)) }
    precondition(results.count == requests.count, "a classifier answers every input")
    return results.map { result in
      precondition(result.losses.count == classes.count, "a classifier returns one loss per class")
      return Vote(result, among: classes)
    }
  }

  /// The squared errors behind each vote at every level and class, nothing dropped.
  ///
  /// - Precondition: the base classifier is one whose losses are sums over levels.
  /// - Throws: as `votes`.
  public func levelErrors(_ requests: [VoteRequest]) throws -> [LevelErrors] { try levelErrors(requests, help: nil) }

  /// The same, with others that carry out some of the evaluations.
  package func levelErrors(_ requests: [VoteRequest], help: (any EvaluationHelp)?) throws -> [LevelErrors] {
    guard let worker = worker as? any LossClassifierWorker else {
      preconditionFailure("this classifier's losses have no levels")
    }
    return try helped(by: help) { try worker.levelErrors(requests.map(input)) }
  }

  /// Carries out a part of what another worker of the same classifier has to evaluate.
  ///
  /// - Throws: as `EvaluationParts.evaluate`.
  package func evaluate(_ part: Int, of parts: EvaluationParts) throws {
    guard let worker = worker as? any HelpedWorker else { preconditionFailure("this classifier evaluates no denoiser") }
    try worker.evaluate(part, of: parts)
  }

  private func helped<Result>(by help: (any EvaluationHelp)?, _ work: () throws -> Result) rethrows -> Result {
    guard let worker = worker as? any HelpedWorker else { return try work() }
    worker.help = help
    defer { worker.help = nil }
    return try work()
  }

  private func input(_ request: VoteRequest) -> ClassifierInput {
    ClassifierInput(
      image: noisyImage(request), noise: VoteNoise(stream: request.key.classifierStream, classCount: classes.count))
  }

  /// x_τ in model space, or 2x − 1 without smoothing.
  func noisyImage(_ request: VoteRequest) -> [Float] {
    precondition(request.pixels.count == shape.count, "an image has the classifier's shape")
    let clean = ModelSpace.fromPixels(request.pixels)
    guard let sigma else { return clean }
    let scale = Float(sigma.inModelSpace.sigma)
    return [Float](unsafeUninitializedCapacity: clean.count) { buffer, count in
      request.key.smoothingStream.fill(UnsafeMutableBufferPointer(rebasing: buffer[..<clean.count]), from: 0)
      for index in clean.indices { buffer[index] = clean[index] + scale * buffer[index] }
      count = clean.count
    }
  }
}
