import ArgumentParser
import Basics
import Certification

/// When the estimation of a class's probability ends.
enum StoppingRule: String, ExpressibleByArgument, CaseIterable {
  /// After a number of votes fixed beforehand.
  case fixed
}

/// How many votes, and how sure.
struct SmoothingOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Votes that choose the class.", valueName: "n0"))
  var selectionSamples: Int?

  @Option(help: ArgumentHelp("Fresh votes that bound its probability.", valueName: "n"))
  var samples: Int?

  @Option(help: ArgumentHelp("The probability of a wrong certificate, per image.", valueName: "a"))
  var alpha = 0.001

  @Option(help: ArgumentHelp("fixed: after --samples votes.", valueName: "rule"))
  var stop = StoppingRule.fixed

  /// n₀ and n with the preset's or the quick defaults.
  func certify(preset: Preset?) throws -> Certify {
    try Certify(
      selectionSamples: selectionSamples ?? (preset == .paper ? 100 : QuickDefaults.selectionSamples),
      samples: samples ?? (preset == .paper ? 10_000 : QuickDefaults.samples), alpha: alpha)
  }
}

/// Sizes that let a first run finish in about a minute on two cores.
enum QuickDefaults {
  static let images = 20
  static let selectionSamples = 5
  static let samples = 40
  static let seed: UInt64 = 20_240_202
  /// High noise levels carry most of the class information per evaluation; chosen on MNIST training images.
  static let levels = [2.0, 3.0, 4.0]
  /// Points of a generated grid where the smoothing noise lies above those levels.
  static let timesteps = 5
}
