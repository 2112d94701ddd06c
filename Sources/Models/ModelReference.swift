import Basics
import Checkpoints
import Classifiers
import Datasets
import ServedModels
import UNets

/// Which model, before it is opened: what `--model`, `--unconditional-model` and `--precision` say, and what run.json
/// records of it.
///
/// A new kind of model is a case of ``Source`` and a file beside AnalyticModel.swift that opens it.
public struct ModelReference: Hashable, Sendable {
  public enum Source: Hashable, Sendable {
    /// A checkpoint: `.pkl` of EDM, `.safetensors`, torch.save's file of a known family, or a folder of diffusers.
    case file(String)
    /// The exact denoiser of a labelled data set.
    case analytic(data: String)
    /// A model behind the Open Inference Protocol: its address.
    case served(address: String)
  }

  public var source: Source
  /// A second checkpoint that answers without a label; nil for the zero label of the first.
  public var unconditional: String?
  /// What the model's file does not say, and its companion's: a JSON file or the name of a published model; nil for the
  /// one beside the file, where there is one.
  public var configuration: String?
  public var unconditionalConfiguration: String?
  /// What to compute in; nil to choose.
  public var precision: Precision?
  /// The address of an ordinary classifier, which then gives the votes: on the denoised picture, or alone where
  /// ``source`` is the same address.
  public var classifier: String?
  /// How models that are served elsewhere are asked.
  public var served = ServedSettings()

  private static let analyticPrefix = "analytic:"

  public init(_ source: Source, unconditional: String? = nil, precision: Precision? = nil) {
    self.source = source
    self.unconditional = unconditional
    self.precision = precision
  }

  /// - Parameter text: a path, or `analytic:SRC`.
  public init(_ text: String, unconditional: String? = nil, precision: Precision? = nil) {
    self.init(
      text.hasPrefix(Self.analyticPrefix)
        ? .analytic(data: String(text.dropFirst(Self.analyticPrefix.count)))
        : ServedAddress.isAddress(text) ? .served(address: text) : .file(text),
      unconditional: unconditional, precision: precision)
  }

  /// The files that it names, and those of the data of an analytic model.
  package var paths: [String] {
    let configurations = [configuration, unconditionalConfiguration].compactMap(\.self)
      .filter { !ModelDescription.publishedNames.contains($0) }
    let others = (unconditional.map { [$0] } ?? []) + configurations
    return switch source {
    case .file(let path): [path] + others
    case .served: others
    case .analytic(let data): DataSource.paths(data) + others
    }
  }

  /// Where the model's calibration lies, whether or not there is one; nil beside no file.
  public var calibrationPath: String? {
    guard case .file(let path) = source else { return nil }
    return CalibrationTable.path(besideModel: path)
  }

  /// The model as it was named.
  public var text: String {
    switch source {
    case .file(let path): path
    case .served(let address): address
    case .analytic(let data): Self.analyticPrefix + data
    }
  }
}

/// What is worth saying while a model is opened; nothing of it keeps the model from being used.
public enum ModelNotice: Hashable, Sendable, CustomStringConvertible {
  /// The processor lacks the instructions of the precision asked for.
  case precisionUnavailable(asked: Precision, used: Precision)
  /// Of a model and its unconditional companion one has ranges for int8, and the other has none.
  case oneHasRanges(with: String, without: String, used: Precision)
  /// Noise levels beyond those that the network was trained for: what it computes there is extrapolated.
  case levelsOutside(ClosedRange<Double>, trained: ClosedRange<Double>)
  /// How the model's file was read.
  case remark(String)
  /// A calibration lies beside the model and was made for other weights.
  case foreignCalibration(path: String)
  /// A served model's rows depend on their companions, and the user accepted it.
  case companionDependence(address: String, CompanionDependence)
  /// A calibration lies beside the model and was made among other classes.
  case calibrationOfOtherClasses(path: String, classes: String)
  /// A measurement chose what to compute in; rates are of the model's convolutions alone.
  case precisionMeasured(Precision, listed: Precision, rates: [Precision: Double])
  /// An earlier measurement did, and not as the processor's instructions suggest.
  case precisionRecorded(Precision, insteadOf: Precision)
  /// A measurement's choice could not be kept for the next run.
  case precisionNotKept(String)

  /// Nil where all levels, in model space, are among the trained ones, or where nothing tells those.
  public init?(ofLevels levels: some Collection<Double>, trained: ClosedRange<Double>?) {
    guard let trained, let least = levels.min(), let most = levels.max(),
      !trained.contains(least) || !trained.contains(most)
    else { return nil }
    self = .levelsOutside(least...most, trained: trained)
  }

  public var description: String {
    switch self {
    case .precisionUnavailable(_, let used):
      "this processor has no bfloat16 instructions: computing in \(used.rawValue) instead"
    case .oneHasRanges(let with, let without, let used):
      "\(with) has ranges for int8 and \(without) has none (`ndc quantize` measures them): both compute in \(used.rawValue)"
    case .companionDependence(let address, .acrossRequests):
      "\(address): answers depend on other requests' rows; votes may depend on each other, and no certificate is claimed"
    case .companionDependence(let address, _):
      "\(address): a row's answer depends on the other rows of its request; each vote has requests of its own"
    case .remark(let text): text
    case .levelsOutside(let levels, let trained):
      "noise levels from \(levels.lowerBound) to \(levels.upperBound), and the network was trained from "
        + "\(trained.lowerBound) to \(trained.upperBound): beyond them it extrapolates"
    case .precisionMeasured(let chosen, let listed, let rates):
      "computing in \(chosen.rawValue): on the model's convolutions "
        + Precision.allCases.compactMap { precision in
          rates[precision].map {
            "\(precision.rawValue) has \(DecimalText.nearest($0 / (rates[listed] ?? $0), digits: 2))"
          }
        }.joined(separator: ", ") + " of \(listed.rawValue)'s rate"
    case .precisionRecorded(let chosen, let listed):
      "computing in \(chosen.rawValue), which was measured to be faster here than \(listed.rawValue)"
    case .precisionNotKept(let reason):
      "the precision is measured again next time: what was measured cannot be kept: \(reason)"
    case .foreignCalibration(let path): "\(path) was made for another model and is not used"
    case .calibrationOfOtherClasses(let path, let classes):
      "\(path) was made among \(classes) and is not used; a calibration serves the classes it was made among"
    }
  }
}

/// Which precision to take where none is asked for; part of a preset.
public enum PrecisionChoice: Hashable, Sendable {
  /// fp32.
  case exact
  /// The fastest that costs no accuracy, found as ``PrecisionSearch`` says; by default int8 where the model has ranges,
  /// otherwise bf16 where the processor has it, otherwise fp32.
  case fastest

  func precision(hasRanges: Bool) -> Precision {
    switch self {
    case .exact: .fp32
    case .fastest: hasRanges ? .int8 : Precision.bf16.availableHere
    }
  }
}
