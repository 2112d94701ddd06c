import Datasets
import Basics
import Certification
import Classifiers
import Diffusion
import Statistics

/// Learns from training images which noise levels to evaluate, with which weights, and how to race over them.
///
/// Half of the images choose the levels (greedily, by likelihood); the other half, which that choice has not seen, fit
/// the weights and set the margins. Every accuracy reported is of votes that had no part in what judges them: of the
/// second half, judged by the first half's weights (the choice of levels) or by weights and margins fitted on four
/// fifths of it (`CrossFit`). That takes no images and no evaluations beyond those that calibrate.
public struct CalibrationRun: Sendable {
  public var denoiser: any Denoiser
  /// Method, σ, noise sharing, symmetry and classes; its levels, weighting and elimination are not used.
  public var specification: ClassifierSpecification
  /// In ascending order of s; their weights are not used.
  public var candidates: [Calibration.Level]
  /// How many levels at most.
  public var mostLevels: Int
  /// The share of votes that the race may lose.
  public var lossShare: Double
  public var threads: Int
  public var batch: Int
  public var seed: UInt64
  public var images: ImageProvider
  public var progress: RunProgress

  public init(
    denoiser: any Denoiser, specification: ClassifierSpecification, candidates: [Calibration.Level], mostLevels: Int,
    lossShare: Double, threads: Int, batch: Int = VoteExecutor.defaultBatch, seed: UInt64,
    images: @escaping ImageProvider, progress: RunProgress = .silent
  ) {
    self.denoiser = denoiser
    self.specification = specification
    self.candidates = candidates
    self.mostLevels = mostLevels
    self.lossShare = lossShare
    self.threads = threads
    self.batch = batch
    self.seed = seed
    self.images = images
    self.progress = progress
  }

  /// What was learned, and how the levels were chosen.
  public struct Result: Sendable {
    public var entry: CalibrationTable.Entry
    /// The levels as they were added, fitted on the first half and measured on the second.
    public var choice: [WeightFit]
    /// What the entry's accuracy is of.
    public var heldOut: HeldOut
    /// Accuracy of the weights without a race, on the same votes.
    public var fullAccuracy: Double
    /// What other loss shares would have brought, on the same votes.
    public var alternatives: [Alternative]

    /// Votes judged by what they had no part in.
    public struct HeldOut: Hashable, Sendable, Codable {
      public var images: Int
      public var correct: Int
      public var accuracy: Double
      /// The exact 95 % interval of the accuracy (Clopper–Pearson), as of independent votes.
      public var lower: Double
      public var upper: Double
      /// What one cost on average, x̂ included.
      public var evaluationsPerVote: Double
    }

    public struct Alternative: Hashable, Sendable, Codable {
      public var lossShare: Double
      public var accuracy: Double
      public var evaluationsPerVote: Double
    }
  }

  /// - Throws: `InputError` when too few votes are usable; `UsageError` for candidates that do not fit the method.
  public func callAsFunction(_ indices: [Int]) async throws -> Result {
    let half = (indices.count + 1) / 2
    let first = try await samples(levels: candidates, Array(indices[..<half]))
    let choice = LevelChoice(samples: first, most: mostLevels)
    let order = choice.fit.levels
    let chosen = order.sorted()

    let second = try await samples(levels: chosen.map { candidates[$0] }, Array(indices[half...]))
    let fit = WeightFit(levels: order.map { chosen.firstIndex(of: $0) ?? 0 }, samples: second)
    guard fit.weights.contains(where: { $0 > 0 }) else {
      throw InputError(
        "the model tells nothing about these classes: no level's errors are smaller for the right class",
        expected: "a model that was trained on such images")
    }
    let race = RaceCalibration(levels: fit.levels, weights: fit.weights, samples: second, share: lossShare).race
    var weights = [Double](repeating: 0, count: chosen.count)
    for (level, weight) in zip(fit.levels, fit.weights) { weights[level] = weight }
    let levels = try Calibration(
      levels: zip(chosen, weights).map {
        Calibration.Level(sigma: candidates[$0].sigma, weight: $1, amplitude: candidates[$0].amplitude)
      })
    let crossFit = CrossFit(levels: fit.levels, samples: second)
    let score = crossFit.score(share: lossShare)
    let heldOut = try heldOut(score)
    return Result(
      entry: CalibrationTable.Entry(
        sigma: specification.sigma, method: specification.method, classes: specification.classes, levels: levels,
        symmetry: specification.symmetry, race: race, images: heldOut.images, accuracy: heldOut.accuracy,
        evaluationsPerVote: heldOut.evaluationsPerVote),
      choice: choice.steps.map { step in
        step.measured(on: second, at: step.levels.map { chosen.firstIndex(of: $0) ?? 0 })
      },
      heldOut: heldOut, fullAccuracy: score.fullAccuracy,
      alternatives: try Self.lossShares.map { share in
        let alternative = try self.heldOut(crossFit.score(share: share))
        return .init(
          lossShare: share, accuracy: alternative.accuracy, evaluationsPerVote: alternative.evaluationsPerVote)
      })
  }

  private func heldOut(_ score: CrossFit.Score) throws -> Result.HeldOut {
    let each = score.evaluationsPerVote + (specification.needsUnconditional ? 1 : 0)
    let interval = ClopperPearson.interval(successes: score.correct, trials: score.votes)
    return .init(
      images: score.votes, correct: score.correct, accuracy: score.accuracy, lower: interval.lowerBound,
      upper: interval.upperBound,
      evaluationsPerVote: each * Double(try specification.denoiser(on: denoiser).passes))
  }

  static let lossShares = [0, 0.002, 0.005, 0.01, 0.02, 0.05]

  private func samples(levels: [Calibration.Level], _ indices: [Int]) async throws -> [CalibrationSample] {
    var specification = specification
    specification.levels = nil
    specification.weighting = .learned
    specification.calibration = try Calibration(
      levels: levels.map { Calibration.Level(sigma: $0.sigma, weight: 1, amplitude: $0.amplitude) })
    specification.elimination = .none
    try specification.validate()
    let addsNoise = specification.method != .diffusion
    let executor = try VoteExecutor(
      base: try specification.makeClassifier(denoiser: denoiser),
      sigma: addsNoise ? PixelNoise(specification.sigma) : nil, threads: threads, batch: batch)
    let run = LevelErrorsRun(executor: executor, seed: seed, images: images, progress: progress)
    let samples = try await run(indices).compactMap { element in
      executor.classes.place(of: element.label).map { CalibrationSample(errors: element.errors, label: $0) }
    }.filter(\.isUsable)
    guard samples.count >= 2 * levels.count else {
      throw InputError(
        "too few usable votes to learn from", expected: "at least \(2 * levels.count)", found: "\(samples.count)")
    }
    return samples
  }
}
