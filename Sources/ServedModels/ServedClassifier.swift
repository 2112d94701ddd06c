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
  public func requireUnchanged() throws { try model.requireUnchanged(model.makeExchange()) }

  public func makeWorker() throws -> any ClassifierWorker { ServedClassifierWorker(try ServedLogits(model)) }
}

/// Logits of pictures, row by row.
final class ServedLogits {
  private let model: ServedModel
  private let exchange: InferenceExchange
  private var isConnected = false

  init(_ model: ServedModel) throws {
    self.model = model
    exchange = try model.makeExchange()
  }

  var imageShape: ImageShape { model.signature.imageShape }
  var classCount: Int { model.signature.classCount }

  /// - Parameter pixels: n×C×H×W floats.
  /// - Returns: the n×K logits.
  func logits(_ pixels: [Float]) throws -> [Float] {
    let size = imageShape.count
    let count = pixels.count / size
    var logits = [Float]()
    logits.reserveCapacity(count * classCount)
    try pixels.withUnsafeBufferPointer { pixels in
      var start = 0
      while start < count {
        let end = min(start + model.batch, count)
        let answer = try exchange.ask(.init(x: UnsafeBufferPointer(rebasing: pixels[start * size..<end * size]))) {
          logits.append(contentsOf: $0)
        }
        if case .rows(isOnNewConnection: true) = answer, isConnected { try model.requireUnchanged(exchange) }
        isConnected = true
        start = end
      }
    }
    return logits
  }
}

private final class ServedClassifierWorker: ClassifierWorker {
  private let logits: ServedLogits

  init(_ logits: ServedLogits) { self.logits = logits }

  func classLosses(_ inputs: [ClassifierInput]) throws -> [ClassLosses] {
    let answers = try logits.logits(inputs.flatMap { ModelSpace.toPixels($0.image) })
    return inputs.indices.map { index in
      // The least loss is the greatest logit, the lowest of equal ones.
      ClassLosses(
        losses: answers[index * logits.classCount..<(index + 1) * logits.classCount].map { -Double($0) }, evaluations: 1
      )
    }
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
    Worker(try denoiser.makeEvaluator(), try ServedLogits(classifier.model), noise)
  }

  private final class Worker: ClassifierWorker {
    private let evaluator: any DenoiserEvaluator
    private let logits: ServedLogits
    private let noise: ModelNoise

    init(_ evaluator: any DenoiserEvaluator, _ logits: ServedLogits, _ noise: ModelNoise) {
      self.evaluator = evaluator
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
      let answers = try logits.logits(ModelSpace.toPixels(denoised))
      return inputs.indices.map { index in
        ClassLosses(
          losses: answers[index * logits.classCount..<(index + 1) * logits.classCount].map { -Double($0) },
          evaluations: 1)
      }
    }
  }
}
