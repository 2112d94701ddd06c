import Basics
import Certification
import Classifiers
import Datasets
import Diffusion

/// Repeats the first estimation vote of images: the same noise, the same classifier, hence the same losses.
public struct VoteExplainer: Sendable {
  private let denoiser: any Denoiser
  private let classifier: any BaseClassifier
  private let sigma: PixelNoise
  private let seed: UInt64
  private let purpose: VotePurpose
  private let images: ImageProvider

  /// - Parameters:
  ///   - classifier: f of the run, on `denoiser`; better without dropping classes early, for losses of all of them.
  ///   - sigma: σ in pixels, positive.
  ///   - images: gives the image of a data set's index, fitted to the model.
  public init(
    denoiser: any Denoiser, classifier: any BaseClassifier, sigma: PixelNoise,
    seed: UInt64, purpose: VotePurpose = .estimation, images: @escaping ImageProvider
  ) {
    precondition(sigma.sigma > 0 && sigma.sigma.isFinite, "a smoothing noise")
    self.denoiser = denoiser
    self.classifier = classifier
    self.sigma = sigma
    self.seed = seed
    self.purpose = purpose
    self.images = images
  }

  /// The explanations of images by data set index, in the order asked for.
  ///
  /// - Throws: `InputError` for an image that does not fit, whatever the denoiser throws.
  public func explain(_ indices: [Int]) throws -> [ImageExplanation] {
    let shape = denoiser.imageShape
    let worker = try classifier.makeWorker()
    let evaluator = try denoiser.makeEvaluator()
    return try indices.map { index in
      let image = try images(index)
      guard image.pixels.count == shape.count, let position = UInt32(exactly: index) else {
        throw InputError("the image does not fit the model", location: "image \(index)", expected: "\(shape)")
      }
      let key = VoteKey(seed: seed, image: position, vote: 0, purpose: purpose)
      let noise = key.smoothingStream.normals(count: shape.count)
      let scale = Float(sigma.inModelSpace.sigma)
      let noisy = zip(ModelSpace.fromPixels(image.pixels), noise).map { $0 + scale * $1 }
      let input = ClassifierInput(
        image: noisy, noise: VoteNoise(stream: key.classifierStream, classCount: classifier.classCount))
      let vote = try worker.classLosses([input])[0]
      let label =
        denoiser.isUnconditionalAvailable ? nil : vote.prediction.map { classifier.classes[$0] } ?? image.label
      let denoised = try Self.denoise(noisy, at: sigma.inModelSpace, label: label, evaluator)
      return ImageExplanation(
        index: index, shape: shape, image: image.pixels, noisy: noisy.map(ModelSpace.toPixels),
        denoised: denoised.map(ModelSpace.toPixels), denoisedLabel: label, losses: vote.losses,
        classes: classifier.classes)
    }
  }

  private static func denoise(
    _ input: [Float], at noise: ModelNoise, label: Int?, _ evaluator: any DenoiserEvaluator
  ) throws -> [Float] {
    try [Float](unsafeUninitializedCapacity: input.count) { buffer, count in
      let outputs = UnsafeMutableBufferPointer(rebasing: buffer[..<input.count])
      try input.withUnsafeBufferPointer { inputs in
        try evaluator.denoise([DenoiserQuery(noise: noise, label: label)], inputs: inputs, outputs: outputs)
      }
      count = input.count
    }
  }
}
