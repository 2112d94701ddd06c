import ArgumentParser
import Basics
import Certification

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

  /// Whether nothing says how many votes to cast.
  func leavesSizesOpen(preset: Preset?) -> Bool { preset == nil && samples == nil && targetRadius.isEmpty }

  /// n₀, n and the stopping rule with the preset's defaults.
  ///
  /// - Parameter quick: whether to choose sizes that finish soon where nothing says how many votes to cast.
  func rule(preset: Preset?, sigma: PixelNoise, quick: Bool = false) throws -> CertificationRule {
    let defaults: (selection: Int, samples: Int) =
      if preset == .paper {
        (100, 10_000)
      } else if quick, leavesSizesOpen(preset: preset) {
        (QuickDefaults.selectionSamples, QuickDefaults.samples)
      } else {
        (20, targetRadius.isEmpty ? 1000 : 10_000)
      }
    let asksForExactly = preset == nil && samples != nil && targetRadius.isEmpty
    let selection = selectionSamples ?? defaults.selection
    let samples = samples ?? defaults.samples
    switch stop ?? (preset == .paper || asksForExactly ? .fixed : .anytime) {
    case .fixed:
      return .fixed(try Certify(selectionSamples: selection, samples: samples, alpha: alpha))
    case .anytime:
      let tolerance = try AnytimeTolerance(
        selectionSamples: selection, budget: samples, alpha: alpha, tolerance: radiusTolerance ?? sigma.sigma / 10)
      guard !targetRadius.isEmpty else { return .tolerance(tolerance) }
      let rule = try AnytimeTargets(selectionSamples: selection, budget: samples, alpha: alpha, targets: targetRadius)
      if !targetRadius.contains(where: { rule.votesNeeded(for: $0, sigma: sigma) != nil }) {
        throw UsageError(
          "--target-radius: none is within reach of \(samples) votes at sigma \(sigma.sigma); take more --samples or a larger --sigma"
        )
      }
      return .targets(rule)
    }
  }
}

/// Sizes that let a first run finish in about a minute on two cores.
enum QuickDefaults {
  static let images = 20
  static let selectionSamples = 8
  static let samples = 48
  static let seed: UInt64 = 20_240_202
}
