import ArgumentParser
import NoisedDiffusionClassifiers

/// What `--precision` says.
enum PrecisionOption: Hashable, ExpressibleByArgument {
  case auto
  case named(Precision)

  init?(argument: String) {
    if argument == "auto" {
      self = .auto
    } else if let precision = Precision(rawValue: argument) {
      self = .named(precision)
    } else {
      return nil
    }
  }

  static var allValueStrings: [String] { Precision.allCases.map(\.rawValue) + ["auto"] }
  var defaultValueDescription: String { named?.rawValue ?? "auto" }

  /// nil for what is to be found.
  var named: Precision? {
    if case .named(let precision) = self { precision } else { nil }
  }
}

extension Precision: ExpressibleByArgument {}
