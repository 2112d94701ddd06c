import ArgumentParser
import Basics
import Classifiers
import Diffusion
import Foundation

/// `--preset`: a named set of defaults that explicit flags override.
enum Preset: String, ExpressibleByArgument, CaseIterable {
  /// The published protocol.
  case paper
  /// Calibrated levels, racing, anytime stopping: the default.
  case fast
}

/// What makes a denoiser into a base classifier.
struct ClassifierOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "How classes are scored. apndc, epndc: the noised classifiers of the paper (approximate, exact posterior). apndc-posterior: apndc around the noisy picture. dc: the plain diffusion classifier. denoise-classify: denoise once, then dc.",
      valueName: "method"))
  var method = ClassificationMethod.approximatePosterior

  @Option(help: ArgumentHelp("The smoothing noise in pixels (images span [0, 1]).", valueName: "sigma"))
  var sigma = 0.25

  @Option(
    help: ArgumentHelp(
      "fast: calibrated noise levels, hopeless classes dropped early, as many votes as the answer needs. paper: the published protocol (126 noise levels, weighting edm-reference, 100 + 10000 votes).",
      discussion: "Default: fast. An explicit flag overrides the preset.", valueName: "preset"))
  var preset: Preset?

  @Option(
    help: ArgumentHelp(
      "Points of the noise grid up to 3 in model space; points 1 ... T-2 are evaluated.",
      discussion: "Default: the preset's levels, 126 points for paper.", valueName: "T"))
  var timesteps: Int?

  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp(
      "Noise levels to evaluate instead of a generated grid, in model space (images span [-1, 1] there).",
      valueName: "s"))
  var levels: [Double] = []

  @Option(
    help: ArgumentHelp(
      "How much each level counts. edm: as in the network's training; edm-reference: that as published; elbo; uniform; learned: as ndc calibrate found.",
      discussion: "Default: learned where there is a calibration, otherwise edm; edm-reference for paper.",
      valueName: "weighting"))
  var weighting: LossWeighting?

  @Option(
    help: ArgumentHelp(
      "A calibration written by `ndc calibrate`. Default: the one beside the model.", valueName: "file"))
  var calibration: String?

  @Option(help: ArgumentHelp("epndc: how many of the first steps to leave out.", valueName: "k"))
  var skipSteps = NoiseGrid.referenceSkippedSteps

  @Flag(help: "Draw noise for each class separately instead of sharing it.")
  var independentNoise = false

  @Option(
    help: ArgumentHelp(
      "Sift-and-refine: drop classes on this many levels before the full grid is evaluated.", valueName: "levels"))
  var siftLevels: Int?

  @Option(
    help: ArgumentHelp("Drop a class while sifting once its loss exceeds the best by this much.", valueName: "loss"))
  var siftThreshold: Double?

  @Option(
    help: ArgumentHelp("Drop a class while refining once its loss exceeds the best by this much.", valueName: "loss"))
  var refineThreshold: Double?

  mutating func validate() throws {
    if !levels.isEmpty, timesteps != nil {
      throw ValidationError("--levels names the noise levels and --timesteps generates them: give one")
    }
    if (siftThreshold == nil) != (siftLevels == nil) {
      throw ValidationError("--sift-levels and --sift-threshold go together")
    }
  }

  /// Whether the preset fast decides, by name or because nothing else was named.
  var isFast: Bool { preset == .fast || (preset == nil && !namesLevels && (weighting ?? .learned) == .learned) }
  private var isPaper: Bool { preset == .paper }
  private var namesLevels: Bool { timesteps != nil || !levels.isEmpty }

  /// Checks what does not need the model, before it is loaded.
  func validateSpecification() throws {
    var specification = explicitSpecification()
    if specification.weighting == .learned { specification.weighting = .edm }
    if !isPaper, !namesLevels { specification.levels = FastDefaults.levels(for: specification) }
    try specification.validate()
  }

  /// The classifier for a model; calibrated levels where there are any and nothing else was asked for.
  ///
  /// - Throws: `InputError` for a calibration that cannot be read; `UsageError` where there is none to learn from.
  func specification(model: LoadedModel) throws -> ClassifierSpecification {
    var specification = explicitSpecification()
    let wantsLearned = weighting == .learned || (!isPaper && weighting == nil && !namesLevels)
    if wantsLearned, let entry = try calibrationEntry(model) {
      specification.weighting = .learned
      specification.calibration = entry.levels
      if !isPaper, !namesLevels, specification.elimination == .none, let race = entry.race {
        specification.elimination = .race(race)
      }
    } else if weighting == .learned {
      throw UsageError(
        "--weighting learned needs a calibration for \(method.rawValue) at sigma \(sigma): none lies beside the model; make one with `ndc calibrate` or name one with --calibration"
      )
    } else if !isPaper, !namesLevels {
      specification.levels = FastDefaults.levels(for: specification)
      if weighting == nil, specification.elimination == .none { specification.elimination = .race(FastDefaults.race) }
      Output.notice(
        "no calibration for \(method.rawValue) at sigma \(sigma): using noise levels "
          + (specification.levels ?? []).map { "\($0)" }.joined(separator: ", ")
          + "; `ndc calibrate` on training images finds better ones and saves evaluations")
    }
    return specification
  }

  /// What a vote of this classifier cost on average when it was calibrated; nil where the calibration does not tell.
  func calibratedCost(of specification: ClassifierSpecification, model: LoadedModel) throws -> Double? {
    guard specification.weighting == .learned, case .race(let race) = specification.elimination,
      let entry = try calibrationEntry(model), entry.race == race, entry.levels == specification.calibration
    else { return nil }
    return entry.evaluationsPerVote
  }

  private func explicitSpecification() -> ClassifierSpecification {
    var specification =
      isPaper
      ? ClassifierSpecification.paper(method: method, sigma: sigma)
      : ClassifierSpecification(method: method, sigma: sigma)
    if let timesteps { specification.timesteps = timesteps }
    if !levels.isEmpty { specification.levels = levels }
    if let weighting { specification.weighting = weighting }
    specification.skipSteps = skipSteps
    specification.noiseSharing = independentNoise ? .independent : .shared
    if siftLevels != nil || refineThreshold != nil {
      specification.elimination = .siftAndRefine(
        SiftAndRefine(
          siftLevels: siftLevels ?? 0, siftThreshold: siftThreshold ?? .infinity,
          refineThreshold: refineThreshold ?? .infinity))
    }
    return specification
  }

  private func calibrationEntry(_ model: LoadedModel) throws -> CalibrationTable.Entry? {
    if let calibration {
      let table = try CalibrationTable(path: calibration)
      guard let entry = table.entry(sigma: sigma, method: method) else {
        throw UsageError("\(calibration) has no entry for \(method.rawValue) at sigma \(sigma)")
      }
      return entry
    }
    let beside = CalibrationTable.path(besideModel: model.source)
    guard FileManager.default.fileExists(atPath: beside) else { return nil }
    let table = try CalibrationTable(path: beside)
    if let expected = table.model, expected != model.weightsDigest() {
      Output.notice("\(beside) was made for another model and is not used")
      return nil
    }
    return table.entry(sigma: sigma, method: method)
  }
}

extension ClassificationMethod: ExpressibleByArgument {}
extension LossWeighting: ExpressibleByArgument {}
