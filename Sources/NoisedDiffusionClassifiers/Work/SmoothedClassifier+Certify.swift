import Basics
import Certification
import Classifiers
import Datasets
import Runs

extension SmoothedClassifier {
  /// g of a base classifier f at σ, in pixels.
  ///
  /// - Parameter sigma: nil for the noise that the classifier was made for.
  /// - Throws: `UsageError` unless σ is finite and positive, and the one that the classifier was made for, if it was made
  ///   for one.
  public init(_ classifier: any BaseClassifier, sigma: Double? = nil) throws {
    try self.init(base: classifier, sigma: sigma.map(PixelNoise.init))
  }

  /// Certifies one picture: a class with an L2 radius in pixels, or an abstention.
  ///
  /// Except with probability α over the votes, g's answer is the certified class everywhere within the radius. With the
  /// same seed, index and rule the result is that of `ndc certify`.
  ///
  /// - Parameters:
  ///   - picture: of the classifier's size; 28×28 is padded to 32×32.
  ///   - rule: nil for the preset fast, `AnytimeTolerance.fast`.
  ///   - settings: seed, image index and threads.
  /// - Throws: `CancellationError` soon after the task is cancelled; `InputError` for a picture that does not have the
  ///   classifier's size or holds a value that is not finite; `UsageError` for impossible settings.
  public func certify(
    _ picture: Picture, rule: CertificationRule? = nil, settings: CastingSettings = CastingSettings()
  ) async throws -> CertifyResult {
    let rule = try rule ?? .tolerance(.fast(sigma: sigma))
    return try await rule(votes(on: picture, settings), sigma: sigma)
  }

  /// The certificate of one picture as it tightens, vote by vote; the last element carries the final result.
  ///
  /// Only anytime rules are offered here. Their bounds hold at every number of votes at once, so each element is a
  /// certificate and stopping at any of them costs nothing; with a number of votes fixed beforehand only the last bound
  /// would hold, and there is nothing honest to show before.
  ///
  /// - Parameters:
  ///   - picture: of the classifier's size; 28×28 is padded to 32×32.
  ///   - rule: nil for the preset fast, `AnytimeTolerance.fast`.
  ///   - settings: seed, image index and threads.
  /// - Throws: `InputError` and `UsageError` as `certify`; the sequence throws what the classifier throws.
  public func bounds(
    of picture: Picture, rule: (any AnytimeRule)? = nil, settings: CastingSettings = CastingSettings()
  ) throws -> TighteningBounds {
    TighteningBounds(
      votes: try votes(on: picture, settings), rule: try rule ?? AnytimeTolerance.fast(sigma: sigma), sigma: sigma)
  }

  /// PREDICT: the class without a radius, for fewer votes; or an abstention.
  ///
  /// Except with probability α over the votes, a class that is returned is g's.
  ///
  /// - Throws: as `certify`.
  public func predict(
    _ picture: Picture, rule: Predict, settings: CastingSettings = CastingSettings()
  ) async throws -> PredictResult {
    try await rule(votes(on: picture, settings))
  }

  private func votes(on picture: Picture, _ settings: CastingSettings) throws -> ImageVotes {
    let adapter = try ImageAdapter(from: picture.shape, to: imageShape)
    let image = LabeledImage(index: Int(settings.image), pixels: adapter.apply(picture.pixels), label: nil)
    try image.check(shape: imageShape, classes: classes)
    return ImageVotes(
      executor: try VoteExecutor(self, threads: settings.threads, batch: settings.batch), pixels: image.pixels,
      seed: settings.seed, image: settings.image)
  }
}

extension LabeledImageSet {
  /// The picture at `index`, without its label.
  ///
  /// - Precondition: `index` is in 0 ..< `count`.
  /// - Throws: as `image(at:)`.
  public func picture(at index: Int) throws -> Picture {
    Picture(shape: imageShape, pixels: try image(at: index).pixels)
  }
}
