import ArgumentParser
import NoisedDiffusionClassifiers

/// A noise level as it is named on the command line: a number in model space, or `tau` for σ_τ, twice --sigma exactly.
enum LevelArgument: Hashable, ExpressibleByArgument, CustomStringConvertible {
  case level(Double)
  case smoothing

  init?(argument: String) {
    if argument == "tau" {
      self = .smoothing
    } else if let level = Double(argument) {
      self = .level(level)
    } else {
      return nil
    }
  }

  var description: String {
    switch self {
    case .level(let level): "\(level)"
    case .smoothing: "tau"
    }
  }

  /// In model space, where the smoothing noise is σ in pixels.
  func level(sigma: Double) -> Double {
    switch self {
    case .level(let level): level
    case .smoothing: PixelNoise(sigma).inModelSpace.sigma
    }
  }

  /// The number, where it is one.
  var number: Double? {
    guard case .level(let level) = self else { return nil }
    return level
  }
}
