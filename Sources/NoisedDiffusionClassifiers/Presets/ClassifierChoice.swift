import Basics
import Classifiers
import Diffusion
import Models

/// A base classifier as a user asks for it: a preset, and what overrides it.
public struct ClassifierChoice: Hashable, Sendable {
  /// nil: the calibration's where one decides levels and weights, otherwise `apndc`.
  public var method: ClassificationMethod?
  /// σ in pixels.
  public var sigma = 0.25
  /// nil: fast, unless levels or a weighting are named.
  public var preset: Preset?
  /// T of a generated grid.
  public var timesteps: Int?
  /// Noise levels instead of a generated grid, in model space; empty for none.
  public var levels: [Double] = []
  public var weighting: LossWeighting?
  /// A calibration file; nil for the one beside the model.
  public var calibration: String?
  public var skippedSteps = NoiseGrid.referenceSkippedSteps
  public var noiseSharing = NoiseSharing.shared
  /// Whether the denoiser is averaged with itself on the mirrored picture; nil for what the calibration does.
  public var mirrors: Bool?
  /// nil for what the preset does.
  public var siftAndRefine: SiftAndRefine?
  /// The classes to choose from; nil for all that the model has.
  public var classes: ClassSet?

  public init() {}

  /// Whether the preset fast decides, by name or because nothing else was named.
  public var isFast: Bool {
    preset == .fast || (preset == nil && !namesLevels && (weighting ?? .learned) == .learned)
  }
  /// What the network computes in where no precision is named.
  public var precision: PrecisionChoice { (isFast ? Preset.fast : .paper).precision }

  /// The method as far as it is known without a calibration.
  public var assumedMethod: ClassificationMethod { method ?? .approximatePosterior }
  /// What a calibration must be for; nil where it decides that too.
  private var calibratedMethod: ClassificationMethod? { takesFastLevels && weighting == nil ? method : assumedMethod }

  private var namesLevels: Bool { timesteps != nil || !levels.isEmpty }
  /// Whether levels, weights and race are those of the preset fast.
  private var takesFastLevels: Bool { preset != .paper && !namesLevels }
  /// Whether a calibration is asked for: by name, or where nothing speaks against one.
  private var takesCalibration: Bool { assumedMethod.hasLevels && takesLearnedWeights }
  private var takesLearnedWeights: Bool { weighting == .learned || (takesFastLevels && weighting == nil) }

  /// Checks what does not need the model, before it is opened.
  ///
  /// - Throws: `UsageError`.
  public func validate() throws {
    var choice = self
    if choice.weighting == .learned { choice.weighting = .edm }
    try choice.specification(calibrated: nil).validate()
  }

  /// The classifier for a model, calibrated where there is a calibration and nothing else was asked for.
  ///
  /// - Throws: `InputError` for a calibration that cannot be read; `UsageError` where there is none to learn from.
  public func chosen(for model: DiffusionModel, notice: (Notice) -> Void = { _ in }) throws -> ChosenClassifier {
    let entry =
      takesCalibration
      ? try model.calibration(calibratedMethod, sigma: sigma, classes: classes, file: calibration) {
        notice(.model($0))
      }
      : nil
    if weighting == .learned, entry == nil {
      throw UsageError(
        "\(.weighting) learned needs a calibration for \(assumedMethod.rawValue) at sigma \(sigma)\(classes.map { " among \($0)" } ?? ""): none lies beside the model; make one with `ndc calibrate` or name one with \(.calibration)"
      )
    }
    let specification = specification(calibrated: entry)
    if entry == nil, takesFastLevels, assumedMethod.hasLevels, model.classifier == nil {
      notice(.uncalibrated(assumedMethod, sigma: sigma, levels: specification.levels ?? []))
    }
    return ChosenClassifier(specification: specification, calibrated: entry)
  }

  private func specification(calibrated entry: CalibrationTable.Entry?) -> ClassifierSpecification {
    let method = calibratedMethod ?? entry?.method ?? assumedMethod
    var specification: ClassifierSpecification
    if takesFastLevels {
      specification = .fast(method: method, sigma: sigma, calibrated: entry)
      if let weighting, weighting != .learned {
        // A race's margins belong to its weights.
        specification.weighting = weighting
        specification.elimination = .none
      }
    } else {
      specification =
        preset == .paper ? .paper(method: method, sigma: sigma) : ClassifierSpecification(method: method, sigma: sigma)
      if let timesteps { specification.timesteps = timesteps }
      if !levels.isEmpty { specification.levels = levels }
      if let weighting { specification.weighting = weighting }
      specification.calibration = entry?.levels
    }
    specification.skipSteps = skippedSteps
    specification.noiseSharing = noiseSharing
    if let mirrors { specification.symmetry = mirrors ? .mirror : nil }
    specification.classes = classes
    if let siftAndRefine { specification.elimination = .siftAndRefine(siftAndRefine) }
    return specification
  }

  /// What is worth saying about a choice.
  public enum Notice: Hashable, Sendable, CustomStringConvertible {
    case model(ModelNotice)
    /// There is no calibration: default levels are taken.
    case uncalibrated(ClassificationMethod, sigma: Double, levels: [Double])

    public var description: String {
      switch self {
      case .model(let notice): notice.description
      case .uncalibrated(let method, let sigma, let levels):
        "no calibration for \(method.rawValue) at sigma \(sigma): using noise levels "
          + levels.map { "\($0)" }.joined(separator: ", ")
          + "; `ndc calibrate` on training images finds better ones and saves evaluations"
      }
    }
  }
}

/// A classifier on a model, chosen but not made.
public struct ChosenClassifier: Hashable, Sendable {
  public var specification: ClassifierSpecification
  /// What was learned on training images; nil where nothing of it is used.
  public var calibrated: CalibrationTable.Entry?

  /// What a vote cost on average when the classifier was calibrated; nil where the calibration does not tell.
  public var typicalEvaluations: Double? {
    guard let calibrated, case .race(let race) = specification.elimination, calibrated.race == race,
      calibrated.symmetry == specification.symmetry
    else { return nil }
    return calibrated.evaluationsPerVote
  }
}
