import ArgumentParser
import NoisedDiffusionClassifiers

/// What makes a denoiser into a base classifier.
struct ClassifierOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "How classes are scored. apndc, epndc: the noised classifiers of the paper (approximate, exact posterior). apndc-posterior: apndc around the noisy picture. dc: the plain diffusion classifier. denoise-classify: denoise once, then dc.",
      discussion: "Default: what the calibration is for, otherwise apndc.", valueName: "method"))
  var method: ClassificationMethod?

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
      "Noise levels to evaluate instead of a generated grid, in model space (images span [-1, 1] there); tau: twice --sigma exactly.",
      discussion:
        "With apndc-posterior, the level tau of a multi-head network takes no evaluation beside that of the estimate.",
      valueName: "s"))
  var levels: [LevelArgument] = []

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

  @Flag(
    inversion: .prefixedNo,
    help: ArgumentHelp(
      "Average the denoiser with itself on the mirrored picture: better where mirrored pictures keep their class, at twice the evaluations.",
      discussion: "Default: as the calibration says, otherwise not."))
  var mirror: Bool?

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

  /// The same as a value of the library.
  var choice: ClassifierChoice {
    var choice = ClassifierChoice()
    choice.method = method
    choice.sigma = sigma
    choice.preset = preset
    choice.timesteps = timesteps
    choice.levels = levels.map { $0.level(sigma: sigma) }
    choice.weighting = weighting
    choice.calibration = calibration
    choice.skippedSteps = skipSteps
    choice.mirrors = mirror
    choice.noiseSharing = independentNoise ? .independent : .shared
    if siftLevels != nil || refineThreshold != nil {
      choice.siftAndRefine = SiftAndRefine(
        siftLevels: siftLevels ?? 0, siftThreshold: siftThreshold ?? .infinity,
        refineThreshold: refineThreshold ?? .infinity)
    }
    return choice
  }
}

extension Preset: ExpressibleByArgument {}
extension ClassificationMethod: ExpressibleByArgument {}
extension LossWeighting: ExpressibleByArgument {}
