import Basics
import Diffusion

/// Everything that makes a denoiser into a base classifier: what the command line chooses and `run.json` records.
///
/// The defaults are the command line's: `apndc`, σ = 0.25, 126 points, weighting `edm`, shared noise.
public struct ClassifierSpecification: Hashable, Sendable, Codable {
  public var method = ClassificationMethod.approximatePosterior
  /// σ, the smoothing noise the classifier expects in its inputs, in pixels. `dc` takes its input as clean.
  public var sigma = 0.25
  /// T, the points of the generated grid; ignored when the levels are explicit.
  public var timesteps = NoiseGrid.referenceTimesteps
  /// Explicit levels s_t in model space instead of a generated grid; all of them are evaluated.
  public var levels: [Double]?
  /// The first steps EPNDC leaves out of a generated grid.
  public var skipSteps = NoiseGrid.referenceSkippedSteps
  public var weighting = LossWeighting.edm
  /// What the weighting `learned` reads; where `levels` is nil its levels are the grid.
  public var calibration: Calibration?
  public var noiseSharing = NoiseSharing.shared
  public var elimination = Elimination.none
  /// What the denoiser is averaged under; nil for the model's own. Twice the evaluations.
  public var symmetry: ImageSymmetry?
  /// The classes it chooses from; nil for all that the model has. A record keeps them beside the specification.
  public var classes: ClassSet?

  private enum CodingKeys: String, CodingKey {
    case method, sigma, timesteps, levels, skipSteps, weighting, calibration, noiseSharing, elimination, symmetry
  }

  public init(method: ClassificationMethod = .approximatePosterior, sigma: Double = 0.25) {
    self.method = method
    self.sigma = sigma
  }

  /// `--preset paper`: 126 points, weighting `edm-reference`, as published.
  public static func paper(
    method: ClassificationMethod = .approximatePosterior, sigma: Double = 0.25
  ) -> ClassifierSpecification {
    var specification = ClassifierSpecification(method: method, sigma: sigma)
    specification.weighting = .edmReference
    return specification
  }

  /// σ_τ = 2σ.
  public var smoothing: ModelNoise { PixelNoise(sigma).inModelSpace }

  /// Whether the denoiser must answer without a label.
  public var needsUnconditional: Bool { method.needsUnconditional }

  /// The levels this specification evaluates.
  ///
  /// - Throws: `UsageError`.
  public func grid() throws -> NoiseGrid {
    try checkSigma()
    if let explicit = levels ?? (weighting == .learned ? calibration?.levels.map(\.sigma) : nil) {
      do {
        return try NoiseGrid(points: explicit)
      } catch let error as InputError {
        throw UsageError("the noise levels cannot be used: \(error)")
      }
    }
    if weighting == .learned, calibration == nil { throw UsageError("\(.weighting) learned needs a calibration file") }
    return try NoiseGrid(from: method.gridBeginsAtSmoothing ? smoothing : NoiseGrid.cleanStart, timesteps: timesteps)
  }

  /// Checks everything that does not depend on the model.
  ///
  /// - Throws: `UsageError`.
  public func validate() throws {
    if symmetry != nil, method == .classifier {
      throw UsageError("\(.mirror) is about a denoiser, and \(.method) classifier has none")
    }
    if method.hasLevels { _ = try evaluatedLevels() } else { try checkSigma() }
  }

  /// How many denoiser evaluations a vote costs at most: levels × classes, less where classes are halved, plus one where
  /// x̂ is needed; where an evaluation answers all classes, as many as levels. Without elimination it is the exact number;
  /// a class whose loss is not a number escapes halving.
  ///
  /// - Parameters:
  ///   - classCount: the model's; where the specification names classes, these count.
  ///   - scope: what one of the model's evaluations answers.
  /// - Throws: `UsageError` as `validate()`.
  public func evaluationsPerVote(classCount: Int, scope: EvaluationScope = .oneLabel) throws -> Int {
    let networkPasses = symmetry == nil ? 1 : 2
    guard method.hasLevels else { return networkPasses }
    let levels = try evaluatedLevels()
    let coinciding = method == .approximatePosteriorFromInput ? levels.firstIndex { $0.noise == smoothing } : nil
    let most = elimination.mostEvaluations(
      levelCount: levels.count, classCount: classes?.count ?? classCount,
      passes: LevelPasses(scope, noiseSharing, coinciding: coinciding))
    return networkPasses * (most + (needsUnconditional ? 1 : 0))
  }

  /// - Throws: `UsageError` for an impossible specification, `InputError` when the denoiser does not suit it (no
  ///   classes; no answer without a label where x̂ is needed).
  public func makeClassifier(denoiser: any Denoiser) throws -> any LossClassifier {
    try validate()
    return try makeClassifier(denoiser: denoiser, grid: try grid())
  }

  /// What the classifier asks in the place of a model's denoiser: for its classes only, under its symmetry.
  ///
  /// - Throws: `UsageError` for a class that the model does not have.
  public func denoiser(on model: any Denoiser) throws -> any Denoiser {
    averaged(try classes.map { try RestrictedDenoiser(model, to: $0) } ?? model)
  }

  /// The denoiser under the classifier's symmetry.
  public func averaged(_ denoiser: any Denoiser) -> any Denoiser {
    symmetry.map { SymmetricDenoiser(denoiser, under: $0) } ?? denoiser
  }

  /// The classifier on a grid of the caller's; `timesteps` and `levels` are ignored.
  func makeClassifier(denoiser: any Denoiser, grid: NoiseGrid) throws -> any LossClassifier {
    let denoiser = try self.denoiser(on: denoiser)
    let weighting = try LevelWeighting(weighting, calibration: calibration)
    switch method {
    case .diffusion:
      return try DiffusionClassifier(
        denoiser: denoiser, smoothing: sigma > 0 ? smoothing : nil, grid: grid, weighting: weighting,
        sharing: noiseSharing, elimination: elimination)
    case .exactPosterior:
      return try ExactPosteriorClassifier(
        denoiser: denoiser, smoothing: smoothing, grid: grid, weighting: weighting, skippedSteps: skipSteps,
        sharing: noiseSharing, elimination: elimination)
    case .approximatePosterior, .approximatePosteriorFromInput:
      return try ApproximatePosteriorClassifier(
        denoiser: denoiser, smoothing: smoothing,
        sampling: method == .approximatePosterior ? .aroundReconstruction : .fromInput, grid: grid,
        weighting: weighting, sharing: noiseSharing, elimination: elimination)
    case .classifier:
      throw UsageError("\(.method) classifier scores classes with a classifier, not with a denoiser")
    case .denoiseThenClassify:
      return try DenoiseThenClassify(
        denoiser: denoiser, smoothing: smoothing, grid: grid, weighting: weighting, sharing: noiseSharing,
        elimination: elimination)
    }
  }

  private func checkSigma() throws {
    guard sigma.isFinite, sigma >= 0 else { throw UsageError("\(.sigma) \(sigma): must be finite and not negative") }
  }

  private func evaluatedLevels() throws -> [NoiseLevel] {
    let grid = try grid()
    if needsUnconditional, sigma == 0 { throw UsageError("\(.method) \(method.rawValue) needs a \(.sigma) above 0") }
    if method != .exactPosterior, method.gridBeginsAtSmoothing, !grid.isGenerated, let first = grid.points.first,
      first < smoothing
    {
      throw UsageError(
        "\(.method) \(method.rawValue) evaluates levels of at least \(smoothing.sigma) (twice \(.sigma)); found \(first.sigma)"
      )
    }
    let levels =
      method == .exactPosterior
      ? try grid.steps(above: smoothing, skipping: skipSteps).map(\.lower) : grid.levels
    if weighting == .learned, !method.addsNoiseAroundEstimate,
      let wrong = calibration?.levels.first(where: { $0.amplitude != 1 })
    {
      throw UsageError(
        "\(.method) \(method.rawValue) adds all of a level's noise: the calibration's amplitude \(wrong.amplitude) at level \(wrong.sigma) was learned for another method"
      )
    }
    let weighting = try LevelWeighting(weighting, calibration: calibration)
    for level in levels { _ = try weighting.weight(at: level) }
    try elimination.validate(levelCount: levels.count)
    return levels
  }
}

extension ClassifierSpecification: CustomStringConvertible {
  /// One line for people: `apndc, σ = 0.25, 126 points, weighting edm`.
  public var description: String { description(byClassifier: false) }

  /// - Parameter byClassifier: whether an ordinary classifier gives the votes, which has neither levels nor weights.
  public func description(byClassifier: Bool) -> String {
    let name = byClassifier && method.hasLevels ? "\(method.rawValue) by a served classifier" : method.rawValue
    return
      ([name, "σ = \(sigma)"] + (symmetry.map { ["\($0)"] } ?? []) + (method.hasLevels && !byClassifier ? scoring : [])
      + (classes.map { ["among \($0)"] } ?? []))
      .joined(separator: ", ")
  }

  /// Levels, weights and what is dropped early, in words.
  private var scoring: [String] {
    var parts: [String] = []
    if let explicit = levels ?? (weighting == .learned ? calibration?.levels.map(\.sigma) : nil) {
      parts.append("\(explicit.count) explicit levels")
    } else {
      parts.append("\(timesteps) points")
      if method == .exactPosterior { parts.append("first \(skipSteps) steps skipped") }
    }
    parts.append("weighting \(weighting.rawValue)")
    if noiseSharing == .independent { parts.append("independent noise") }
    if elimination != .none { parts.append(elimination.description) }
    return parts
  }
}
