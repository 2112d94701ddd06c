import ArgumentParser
import NoisedDiffusionClassifiers

/// When the estimation of a class's probability ends.
enum StopOption: String, ExpressibleByArgument, CaseIterable {
  /// After a number of votes fixed beforehand.
  case fixed
  /// As soon as the answer sought is known.
  case anytime
}

/// How many votes, and how sure.
struct SmoothingOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Votes that choose the class; none of them is counted again.",
      discussion: "Default: 20; 100 for paper; 8 for certify where nothing says how many votes to cast.",
      valueName: "n0"))
  var selectionSamples: Int?

  @Option(
    help: ArgumentHelp(
      "Fresh votes that bound its probability; with --stop anytime the most of them.",
      discussion:
        "Default: 10000 with a target or for paper, otherwise 1000; 48 for certify where nothing says how many.",
      valueName: "n"))
  var samples: Int?

  @Option(help: ArgumentHelp("The probability of a wrong certificate, per image.", valueName: "a"))
  var alpha = 0.001

  @Option(
    help: ArgumentHelp(
      "fixed: after --samples votes. anytime: as soon as the answer is known, with a bound valid at every number of votes.",
      discussion:
        "Default: anytime; fixed for --preset paper and where --samples names a number without a preset or a target.",
      valueName: "rule"))
  var stop: StopOption?

  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp(
      "Radii in pixels: with --stop anytime an image is done when each is certified or out of reach.", valueName: "r"))
  var targetRadius: [Double] = []

  @Option(
    help: ArgumentHelp(
      "Without targets, --stop anytime ends when the radius can grow by less than this many pixels.",
      discussion: "Default: a tenth of --sigma.", valueName: "r"))
  var radiusTolerance: Double?

  mutating func validate() throws {
    if let wrong = targetRadius.first(where: { !($0.isFinite && $0 >= 0) }) {
      throw ValidationError("--target-radius \(wrong): must be a finite number, not negative")
    }
    if let tolerance = radiusTolerance, !(tolerance.isFinite && tolerance >= 0) {
      throw ValidationError("--radius-tolerance \(tolerance): must be a finite number, not negative")
    }
  }

  /// The same as a value of the library.
  func choice(preset: Preset?) -> VotingChoice {
    var choice = VotingChoice()
    choice.preset = preset
    choice.selectionSamples = selectionSamples
    choice.samples = samples
    choice.alpha = alpha
    choice.isFixed = stop.map { $0 == .fixed }
    choice.targetRadii = targetRadius
    choice.radiusTolerance = radiusTolerance
    return choice
  }
}
