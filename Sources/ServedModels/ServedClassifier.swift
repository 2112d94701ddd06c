import Basics
import Classifiers
import Diffusion

/// An ordinary classifier served elsewhere, as the base classifier of randomized smoothing: arg max of its logits on
/// x + δ, in pixels (Cohen et al., arXiv 1902.02918).
public struct ServedClassifier: BaseClassifier {
  public let model: ServedModel

  /// - Throws: as `ServedModel`.
  public init(at address: ServedAddress, _ settings: ServedSettings = ServedSettings()) throws {
    model = try ServedModel(.classifier, at: address, settings)
  }

  public var imageShape: ImageShape { model.signature.imageShape }
  public var classCount: Int { model.signature.classCount }
  public var isServedElsewhere: Bool { true }
  public func requireUnchanged() throws { try model.requireUnchanged() }

  public func makeWorker() throws -> any ClassifierWorker { ServedClassifierWorker(try ServedLogits(self)) }
}

/// Logits of pictures as losses: the least loss is the greatest logit, the lowest of equal ones.
private final class ServedLogits {
  private let rows: ServedRows
  private let classCount: Int

  init(_ classifier: ServedClassifier) throws {
    rows = try ServedRows(classifier.model)
    classCount = classifier.classCount
  }

  /// - Parameter pixels: n×C×H×W floats.
  /// - Returns: n times −logits, one evaluation each.
  func losses(_ pixels: [Float]) throws -> [ClassLosses] {
    let size = rows.model.imageShape.count
    var losses: [ClassLosses] = []
    try pixels.withUnsafeBufferPointer { pixels in
      try rows.ask(pixels.count / size) { range in
        .init(x: UnsafeBufferPointer(rebasing: pixels[range.lowerBound * size..<range.upperBound * size]))
      } receive: { range, logits in
        losses += range.indices.map { $0 - range.lowerBound }.map { row in
          ClassLosses(
            losses: logits[row * classCount..<(row + 1) * classCount].map { -Double($0) }, evaluations: 1)
        }
      }
    }
    return losses
  }
}

private final class ServedClassifierWorker: ClassifierWorker {
  private let logits: ServedLogits

  init(_ logits: ServedLogits) { self.logits = logits }

  func classLosses(_ inputs: [ClassifierInput]) throws -> [ClassLosses] {
    try logits.losses(inputs.flatMap { ModelSpace.toPixels($0.image) })
  }
}

/// One denoising step, then an ordinary classifier: arg max of its logits on ½(D(x_τ; σ_τ, none) + 1) (Carlini et al.,
/// *(Certified!!) Adversarial Robustness for Free!*, arXiv 2206.10550).
public struct DenoisedClassifier: BaseClassifier {
  private let denoiser: any Denoiser
  private let classifier: ServedClassifier
  private let noise: ModelNoise

  /// - Parameter noise: σ_τ, the smoothing noise in model space.
  /// - Throws: `InputError` when the denoiser always needs a label, or takes other images than the classifier.
  public init(denoiser: any Denoiser, classifier: ServedClassifier, noise: ModelNoise) throws {
    guard denoiser.isUnconditionalAvailable else {
      throw InputError("the denoiser always needs a label; name one that does not as --unconditional-model")
    }
    guard denoiser.imageShape == classifier.imageShape else {
      throw InputError(
        "the classifier takes other images than the denoiser gives", file: classifier.model.address.text,
        expected: "\(denoiser.imageShape)", found: "\(classifier.imageShape)")
    }
    self.denoiser = denoiser
    self.classifier = classifier
    self.noise = noise
  }

  public var imageShape: ImageShape { classifier.imageShape }
  public var classCount: Int { classifier.classCount }
  public var smoothing: PixelNoise? { PixelNoise(noise.sigma / 2) }

  public var isServedElsewhere: Bool { true }
  public func requireUnchanged() throws {
    try classifier.requireUnchanged()
    try denoiser.requireUnchanged()
  }

  public func makeWorker() throws -> any ClassifierWorker {
    Worker(try denoiser.makeEvaluator(), passes: denoiser.passes, try ServedLogits(classifier), noise)
  }

  private final class Worker: ClassifierWorker {
    private let evaluator: any DenoiserEvaluator
    private let passes: Int
    private let logits: ServedLogits
    private let noise: ModelNoise

    init(_ evaluator: any DenoiserEvaluator, passes: Int, _ logits: ServedLogits, _ noise: ModelNoise) {
      self.evaluator = evaluator
      self.passes = passes
      self.logits = logits
      self.noise = noise
    }

    func classLosses(_ inputs: [ClassifierInput]) throws -> [ClassLosses] {
      let noisy = inputs.flatMap(\.image)
      var denoised = [Float](repeating: 0, count: noisy.count)
      let queries = [DenoiserQuery](repeating: .init(noise: noise, label: nil), count: inputs.count)
      if Task.isCancelled { throw CancellationError() }
      try noisy.withUnsafeBufferPointer { noisy in
        try denoised.withUnsafeMutableBufferPointer { try evaluator.denoise(queries, inputs: noisy, outputs: $0) }
      }
      return try logits.losses(ModelSpace.toPixels(denoised)).map {
        ClassLosses(losses: $0.losses, evaluations: passes * $0.evaluations)
      }
    }
  }
}
