import Basics
import Checkpoints
import Classifiers
import Diffusion
import Foundation
import ServedModels
import UNets

/// A denoiser ready to classify, with everything that a record says about it: what `ndc --model` opens.
///
/// ```swift
/// let model = try DiffusionModel.load("edm-cifar10-32x32-cond-vp.safetensors")
/// let smoothed = try SmoothedClassifier(model.classifier(sigma: 0.5))
/// ```
public struct DiffusionModel: Sendable {
  /// What was opened.
  public let reference: ModelReference
  /// D(x; s, y).
  public let denoiser: any Denoiser
  /// SHA-256 of the file, or of the data of an analytic model.
  public let digest: String
  /// That of the unconditional companion.
  public let unconditionalDigest: String?
  /// Network, preconditioner and sizes in a line.
  public let architecture: String
  /// The model that answers without a label in this one's place; nil where this one does.
  public let companion: CompanionSummary?
  /// What was resolved of a network whose file does not tell everything, and of the companion's.
  public let description: [DescriptionItem]
  public let unconditionalDescription: [DescriptionItem]
  /// σ_min … σ_max that a network of a described family was trained for; nil where nobody says.
  public let trainedLevels: ClosedRange<Double>?
  /// What the classes are called, by label; empty where nobody says.
  public let classNames: [String]
  /// nil for a model without parameters.
  public let parameters: Int?
  /// What the network computes in, which may be fp32 where bf16 was asked for; part of the classifier's identity.
  public let precision: Precision
  /// What computes here.
  public let engine: EngineIdentity
  /// How the model is served, where it is.
  public let served: ServedModel?
  /// The ordinary classifier that gives the votes, where one does.
  public let classifier: ServedClassifier?
  /// What a calibration is tied to: the weights, whatever file they come in. Takes a moment for a large model.
  public let weightsDigest: @Sendable () -> String

  init(
    reference: ModelReference, denoiser: any Denoiser, digest: String, unconditionalDigest: String? = nil,
    architecture: String, companion: CompanionSummary? = nil, classNames: [String], parameters: Int?,
    precision: Precision, kernels: String?,
    served: ServedModel? = nil,
    classifier: ServedClassifier? = nil, description: [DescriptionItem] = [],
    unconditionalDescription: [DescriptionItem] = [], trainedLevels: ClosedRange<Double>? = nil,
    weightsDigest: @escaping @Sendable () -> String
  ) {
    self.reference = reference
    self.denoiser = denoiser
    self.digest = digest
    self.unconditionalDigest = unconditionalDigest
    self.architecture = architecture
    self.companion = companion
    self.classNames = classNames
    self.description = description
    self.trainedLevels = trainedLevels
    self.unconditionalDescription = unconditionalDescription
    self.parameters = parameters
    self.precision = precision
    self.served = served
    self.classifier = classifier
    engine = kernels.map { EngineIdentity(kernels: $0) } ?? .elsewhere
    self.weightsDigest = weightsDigest
  }

  /// Opens a model.
  ///
  /// Several threads may open models at once. Nothing else in the process may make oneDNN primitives meanwhile:
  /// oneDNN 2 keeps what it knows of a convolution's type in a global while it looks for a kernel.
  ///
  /// - Parameters:
  ///   - choice: what to compute in where the reference names no precision.
  ///   - search: how the fastest precision is found; measures nothing unless told to.
  ///   - resources: the folder of the bundled data, for analytic models of them.
  ///   - notice: called with what is worth saying.
  /// - Throws: `InputError` naming the file and what is wrong in it; `UsageError` for a reference that contradicts
  ///   itself.
  public static func open(
    _ reference: ModelReference, choosing choice: PrecisionChoice = .fastest, by search: PrecisionSearch = .listed,
    resources: URL? = BundledResources.folder, notice: (ModelNotice) -> Void = { _ in }
  ) throws -> DiffusionModel {
    if let asked = reference.precision, asked.availableHere != asked {
      notice(.precisionUnavailable(asked: asked, used: asked.availableHere))
    }
    try reference.served.validate()
    let model =
      switch reference.source {
      case .file(let path): try checkpoint(path, reference, choosing: choice, by: search, notice: notice)
      case .analytic(let data): try analytic(data, reference, resources: resources)
      case .served(let address): try served(address, reference, choosing: choice)
      }
    for served in model.servedModels where served.dependence != .none {
      notice(.companionDependence(address: served.address.text, served.dependence))
    }
    return model
  }

  /// Loads an EDM checkpoint (`.pkl`, read without executing anything in it) or a `.safetensors` of `ndc convert`.
  ///
  /// - Parameters:
  ///   - path: the file.
  ///   - precision: nil for what the preset fast takes: int8 where the model has ranges, otherwise bf16 where the
  ///     processor has it, otherwise fp32.
  ///   - unconditional: a second checkpoint that answers without a label; nil for the zero label of the first.
  /// - Throws: `InputError` naming the file and what is wrong in it.
  public static func load(
    _ path: String, precision: Precision? = nil, unconditional: String? = nil
  ) throws -> DiffusionModel {
    try open(ModelReference(.file(path), unconditional: unconditional, precision: precision))
  }

  private static func checkpoint(
    _ path: String, _ reference: ModelReference, choosing choice: PrecisionChoice, by search: PrecisionSearch,
    notice: (ModelNotice) -> Void
  ) throws -> DiffusionModel {
    let checkpoint = try Checkpoint.load(
      path: path, description: reference.configuration.map { try ModelDescription($0) })
    let companion = try reference.companion()
    for remark in checkpoint.remarks + (companion?.remarks ?? []) { notice(.remark(remark)) }
    if companion == nil, checkpoint.notes.isLabelDropoutUnknown {
      notice(
        .remark(
          "\(path) does not say whether labels were dropped in training: what it answers without a label, by the zero "
            + "label, may be untrained"))
    }
    let ranges = [checkpoint.quantization != nil, companion?.hasRanges ?? true]
    let hasRanges = !ranges.contains(false)
    var precision = reference.precision ?? choice.precision(hasRanges: hasRanges)
    if reference.precision == nil, choice == .fastest {
      precision = try search.fastest(
        checkpoint, unconditionalDigest: companion?.digest, listed: precision, hasRanges: hasRanges, notice: notice)
    }
    let network = try UNetDenoiser(checkpoint, precision: precision)
    var denoiser: any Denoiser = network
    var summary: CompanionSummary?
    if let companion, let source = reference.unconditional {
      let unconditional = try companion.denoiser(precision: precision)
      denoiser = try PairedDenoiser(conditional: network, unconditional: unconditional)
      summary = companion.summary(source, of: unconditional)
      // Both or none: one precision stands in the record, for both.
      if reference.precision == nil, choice == .fastest, case .file = companion, ranges[0] != ranges[1] {
        let (with, without) = ranges[0] ? (path, source) : (source, path)
        summary?.reason = "\(without) has no ranges for int8"
        notice(.oneHasRanges(with: with, without: without, used: precision))
      }
    }
    return DiffusionModel(
      reference: reference, denoiser: denoiser, digest: checkpoint.digest, unconditionalDigest: companion?.digest,
      architecture: ModelSummary(checkpoint.architecture).line, companion: summary,
      classNames: ModelOutline(source: path, checkpoint.architecture, checkpoint.notes).classNames,
      parameters: checkpoint.parameterCount,
      precision: network.precision, kernels: network.kernelDescription,
      classifier: try reference.openClassifier(), description: checkpoint.notes.description ?? [],
      unconditionalDescription: companion?.description ?? [], trainedLevels: checkpoint.notes.trainedLevels,
      weightsDigest: { checkpoint.weightsDigest() })
  }

  /// What is worth saying of noise levels, in model space, beyond those that the network was trained for.
  public func notice(ofLevels levels: some Collection<Double>) -> ModelNotice? {
    ModelNotice(ofLevels: levels, trained: trainedLevels)
  }

  /// The model as it was named.
  public var source: String { reference.text }
  public var imageShape: ImageShape { denoiser.imageShape }
  /// K.
  public var classCount: Int { classifier?.classCount ?? denoiser.classCount }

  /// The classifier of the preset fast at σ, in pixels: the levels, weights and race of the calibration that lies
  /// beside the model, or default levels where there is none for this σ and method.
  ///
  /// - Throws: `InputError` for a calibration that cannot be read or a model without classes.
  public func classifier(
    _ method: ClassificationMethod = .approximatePosterior, sigma: Double
  ) throws -> any LossClassifier {
    try classifier(.fast(method: method, sigma: sigma, calibrated: calibration(method, sigma: sigma)))
  }

  /// f: the classifier that `specification` describes, or the ordinary one that gives the votes in its place.
  ///
  /// - Throws: as `classifier(_:)`.
  public func base(_ specification: ClassifierSpecification) throws -> any BaseClassifier {
    guard let served = self.classifier else { return try classifier(specification) }
    try specification.validate()
    let base: any BaseClassifier =
      specification.method == .classifier
      ? served
      : try DenoisedClassifier(
        denoiser: specification.averaged(denoiser), classifier: served, noise: specification.smoothing)
    return try specification.classes.map { try RestrictedClassifier(base, to: $0) } ?? base
  }

  /// The classifier that `specification` describes.
  ///
  /// - Throws: `UsageError` for an impossible specification, `InputError` where the model does not suit it.
  public func classifier(_ specification: ClassifierSpecification) throws -> any LossClassifier {
    try specification.makeClassifier(denoiser: denoiser)
  }

  /// Where the model's calibration lies, whether or not there is one; nil beside no file.
  public var calibrationPath: String? { reference.calibrationPath }

  /// What a calibration says about σ, the method and the classes: the one in `file`, or the one beside the model; nil
  /// where none lies there, it has no such entry, or it was made for other weights.
  ///
  /// - Parameters:
  ///   - method: nil for whichever it was made for.
  ///   - classes: nil for all of the model's.
  /// - Throws: `InputError` for a calibration that cannot be read; `UsageError` where `file` has no such entry.
  public func calibration(
    _ method: ClassificationMethod?, sigma: Double, classes: ClassSet? = nil, file: String? = nil,
    notice: (ModelNotice) -> Void = { _ in }
  ) throws -> CalibrationTable.Entry? {
    if let file {
      let table = try CalibrationTable(path: file)
      guard let entry = table.entry(sigma: sigma, method: method, classes: classes) else {
        let others = table.otherClasses(sigma: sigma, method: method, than: classes)
        throw UsageError(
          "\(file) has no entry for \(method.map { "\($0.rawValue) at " } ?? "")sigma \(sigma)\(classes.map { " among \($0)" } ?? "")"
            + (others.map { "; it was made among \($0)" } ?? ""))
      }
      return entry
    }
    guard let beside = calibrationPath, FileManager.default.fileExists(atPath: beside) else { return nil }
    let table = try CalibrationTable(path: beside)
    if let expected = table.model, expected != weightsDigest() {
      notice(.foreignCalibration(path: beside))
      return nil
    }
    let entry = table.entry(sigma: sigma, method: method, classes: classes)
    if entry == nil, let others = table.otherClasses(sigma: sigma, method: method, than: classes) {
      notice(.calibrationOfOtherClasses(path: beside, classes: others))
    }
    return entry
  }
}
