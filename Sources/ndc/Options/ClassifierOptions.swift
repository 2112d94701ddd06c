import ArgumentParser
import Basics
import Classifiers
import Diffusion

/// `--preset`: a named set of defaults that explicit flags override.
enum Preset: String, ExpressibleByArgument, CaseIterable {
  case paper
}

/// What makes a denoiser into a base classifier.
struct ClassifierOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The classifier: apndc, apndc-posterior, epndc, dc or denoise-classify.", valueName: "method"))
  var method = ClassificationMethod.approximatePosterior

  @Option(help: ArgumentHelp("The smoothing noise in pixels (images span [0, 1]).", valueName: "sigma"))
  var sigma = 0.25

  @Option(
    help: ArgumentHelp(
      "paper: the published protocol (126 noise levels, weighting edm-reference, 100 + 10000 votes).",
      valueName: "preset"))
  var preset: Preset?

  @Option(
    help: ArgumentHelp(
      "Points of the noise grid up to 3 in model space; points 1 ... T-2 are evaluated.",
      discussion: "Default: the noise levels 2, 3 and 4, few enough for a quick look; --preset paper takes 126 points.",
      valueName: "T"))
  var timesteps: Int?

  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp(
      "Noise levels in model space to evaluate instead of a generated grid.", valueName: "s"))
  var levels: [Double] = []

  @Option(help: ArgumentHelp("edm, edm-reference, elbo, uniform or learned.", valueName: "weighting"))
  var weighting: LossWeighting?

  @Option(help: ArgumentHelp("The file that --weighting learned reads.", valueName: "file"))
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

  /// Whether the user named no levels in any way.
  var usesQuickLevels: Bool {
    preset == nil && timesteps == nil && levels.isEmpty && weighting != .learned
  }

  /// - Throws: `InputError` for a calibration that cannot be read.
  func specification() throws -> ClassifierSpecification {
    var specification =
      preset == .paper
      ? ClassifierSpecification.paper(method: method, sigma: sigma)
      : ClassifierSpecification(method: method, sigma: sigma)
    if let timesteps { specification.timesteps = timesteps }
    if !levels.isEmpty { specification.levels = levels }
    if usesQuickLevels {
      let reachesQuickLevels = specification.smoothing.sigma <= QuickDefaults.levels[0]
      specification.levels = reachesQuickLevels ? QuickDefaults.levels : nil
      specification.timesteps = QuickDefaults.timesteps + (method == .exactPosterior ? skipSteps : 0)
    }
    if let weighting { specification.weighting = weighting }
    if let calibration { specification.calibration = try Calibration(path: calibration) }
    specification.skipSteps = skipSteps
    specification.noiseSharing = independentNoise ? .independent : .shared
    if siftLevels != nil || refineThreshold != nil {
      specification.siftAndRefine = SiftAndRefine(
        siftLevels: siftLevels ?? 0, siftThreshold: siftThreshold ?? .infinity,
        refineThreshold: refineThreshold ?? .infinity)
    }
    return specification
  }
}

extension ClassificationMethod: ExpressibleByArgument {}
extension LossWeighting: ExpressibleByArgument {}
