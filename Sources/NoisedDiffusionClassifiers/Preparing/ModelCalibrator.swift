import Basics
import Classifiers
import Datasets
import Diffusion
import Models
import Runs

/// Learns from training images what the weighting `learned` uses: the noise levels of a model, its weights and its race,
/// one smoothing noise at a time.
public struct ModelCalibrator: Sendable {
  /// Candidate levels in model space; those below σ_τ are left out where the method cannot use them.
  public static let candidates: [Double] = [0.5, 0.75, 1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 12]
  /// Candidates evaluated without adding noise to the image, so that chance does not blur their answer.
  public static let quietCandidates: [Double] = [1.25, 1.75, 2.25, 2.75, 3.75, 4.5, 5.5, 6.5, 7.5, 9]
  /// Fewer images teach nothing.
  public static let fewestImages = 20

  public let model: DiffusionModel
  public let images: AdaptedImageSet
  public let method: ClassificationMethod
  /// The classes to calibrate for; nil for all of the model's.
  public let classes: ClassSet?
  /// What the denoiser is averaged under.
  public var symmetry: ImageSymmetry?
  /// Every other image goes to the first half, so that both are spread over the data set.
  public let indices: [Int]
  public var levels = candidates
  /// Whether σ_τ itself is a candidate too: where it has x̂'s evaluation, it costs none of its own.
  public var includesSmoothing: Bool
  public var quietLevels = quietCandidates
  public var mostLevels = 10
  public var lossShare = 0.002
  public var threads: Int
  public var seed: UInt64
  public var progress: RunProgress

  /// - Parameters:
  ///   - images: labelled training images.
  ///   - source: what they were opened from.
  ///   - count: how many of them, spread over the data set; all where there are fewer.
  ///   - classes: the classes to calibrate for; nil for all of the model's.
  ///   - skipsOthers: whether images of other classes are left out before any is chosen.
  /// - Throws: `InputError` where there are too few or they do not suit the model; `OtherClassesError` for images of
  ///   other classes that are not skipped.
  public init(
    _ model: DiffusionModel, images: any LabeledImageSet, source: String, count: Int,
    method: ClassificationMethod = .approximatePosterior, classes: ClassSet? = nil, skipsOthers: Bool = false,
    seed: UInt64, threads: Int, progress: RunProgress = .silent
  ) throws {
    var usable = Array(0..<images.count)
    if let classes {
      let (kept, outside) = try images.split(usable, by: classes)
      guard outside.isEmpty || skipsOthers else {
        throw OtherClassesError(source: source, outside: outside, of: images.count, classes: classes)
      }
      usable = kept
    }
    guard usable.count >= Self.fewestImages else {
      throw InputError(
        "too few images to calibrate on", file: source, expected: "at least \(Self.fewestImages)",
        found: "\(usable.count)")
    }
    let taken = min(count, usable.count)
    let chosen = (0..<taken).map { usable[$0 * usable.count / taken] }
    let adapted = try AdaptedImageSet(images, to: model.imageShape, selected: chosen)
    try adapted.check(chosen, classCount: model.classCount, requiresLabels: true).requireNone()
    indices = [0, 1].flatMap { half in stride(from: half, to: taken, by: 2).map { chosen[$0] } }
    includesSmoothing = method == .approximatePosteriorFromInput && model.denoiser.scope == .classesAndNone
    self.model = model
    self.images = adapted
    self.method = method
    self.classes = classes
    self.seed = seed
    self.threads = threads
    self.progress = progress
  }

  /// What is chosen from at σ, in ascending order.
  ///
  /// - Throws: `UsageError` where no level is left.
  public func candidates(sigma: Double) throws -> [Calibration.Level] {
    let smoothing = PixelNoise(sigma).inModelSpace.sigma
    let begins = method.gridBeginsAtSmoothing ? smoothing : 0
    let quiet = method.addsNoiseAroundEstimate ? Set(quietLevels) : []
    let candidates = quiet.union(levels).union(includesSmoothing ? [smoothing] : []).filter { $0 >= begins }.sorted()
      .map { Calibration.Level(sigma: $0, weight: 1, amplitude: quiet.contains($0) ? 0 : 1) }
    guard !candidates.isEmpty else {
      throw UsageError(
        "\(.levels): none is at least \(begins), twice \(.sigma) \(sigma)")
    }
    return candidates
  }

  /// What is worth saying of the noise levels that are asked for at these σ: of the candidates and of x̂'s.
  public func levelNotice(sigmas: [Double]) throws -> ModelNotice? {
    var levels = try sigmas.flatMap { try candidates(sigma: $0) }.map(\.sigma)
    if method.needsUnconditional { levels += sigmas.map { PixelNoise($0).inModelSpace.sigma } }
    return model.notice(ofLevels: levels)
  }

  /// Evaluations at most, with so many candidates.
  public func mostEvaluations(candidates: Int) -> Int {
    let each = model.denoiser.scope == .oneLabel ? classes?.count ?? model.classCount : 1
    return indices.count * (candidates + mostLevels) / 2 * each * (symmetry == nil ? 1 : 2)
  }

  /// The entry of the smoothing noise σ, in pixels, and how it was found.
  ///
  /// - Throws: as `CalibrationRun`.
  public func calibrate(sigma: Double) async throws -> CalibrationRun.Result {
    let images = images
    var specification = ClassifierSpecification(method: method, sigma: sigma)
    specification.classes = classes
    specification.symmetry = symmetry
    let run = CalibrationRun(
      denoiser: model.denoiser, specification: specification,
      candidates: try candidates(sigma: sigma), mostLevels: mostLevels, lossShare: lossShare, threads: threads,
      seed: seed, images: { try images.image(at: $0) }, progress: progress)
    return try await run(indices)
  }
}
