import NoisedDiffusionClassifiers

/// Two Gaussians of four values in closed form; the smoothed classifier's boundary is the plane between them.
enum Mixture {
  static let shape = ImageShape(channels: 1, height: 2, width: 2)
  static let sigma = 0.25
  /// d in pixels of `picture`: each of four values is 0.125 away from the plane's.
  static let trueRadius = 0.25
  static let picture = Picture(shape: shape, pixels: Array(repeating: 0.625, count: 4))

  static let denoiser = GaussianMixtureDenoiser(
    imageShape: shape,
    components: [-0.5, 0.5].enumerated().map {
      .init(label: $0, mean: Array(repeating: $1, count: 4), variance: 0.01)
    })

  static func smoothed(_ denoiser: any Denoiser = denoiser) throws -> SmoothedClassifier {
    try SmoothedClassifier(
      ClassifierSpecification.fast(sigma: sigma).makeClassifier(denoiser: denoiser))
  }
}

/// The mixture's denoiser, counting its evaluations.
final class CountingDenoiser: Denoiser {
  let evaluations = Mutex(0)
  var imageShape: ImageShape { Mixture.denoiser.imageShape }
  var classCount: Int { Mixture.denoiser.classCount }
  var isUnconditionalAvailable: Bool { true }
  var preferredBatchSize: Int { 16 }

  func makeEvaluator() -> any DenoiserEvaluator { Evaluator(self) }

  final class Evaluator: DenoiserEvaluator {
    let owner: CountingDenoiser
    let base = Mixture.denoiser.makeEvaluator()
    init(_ owner: CountingDenoiser) { self.owner = owner }

    func denoise(
      _ queries: [DenoiserQuery], inputs: UnsafeBufferPointer<Float>, outputs: UnsafeMutableBufferPointer<Float>
    ) throws {
      owner.evaluations.withLock { $0 += queries.count }
      try base.denoise(queries, inputs: inputs, outputs: outputs)
    }
  }
}
