import Basics
import Checkpoints
import Diffusion
import Foundation
import ServedModels
import UNets

extension DiffusionModel {
  /// A denoiser behind the Open Inference Protocol, or a classifier where the reference says that it is one.
  static func served(
    _ address: String, _ reference: ModelReference, choosing choice: PrecisionChoice
  ) throws -> DiffusionModel {
    let place = try ServedAddress(address)
    if let precision = reference.precision, precision != .fp32 {
      throw UsageError(text: "\(address) computes as its server was told to; \(precision.rawValue) cannot be asked for")
    }
    if reference.classifier == address {
      let classifier = try ServedClassifier(at: place, reference.served)
      return DiffusionModel(
        reference: reference, denoiser: NoDenoiser(classifier), digest: classifier.model.fingerprint,
        architecture: classifier.model.line("classifier", classes: classifier.classCount), classNames: [],
        parameters: nil,
        precision: .fp32, kernels: nil, served: classifier.model, classifier: classifier,
        weightsDigest: { classifier.model.fingerprint })
    }
    let denoiser = try ServedDenoiser(at: place, reference.served)
    let companion = try reference.companion()
    var both: any Denoiser = denoiser
    var summary: CompanionSummary?
    if let companion, let source = reference.unconditional {
      let unconditional = try companion.denoiser(precision: choice.precision(hasRanges: companion.hasRanges))
      both = try PairedDenoiser(conditional: denoiser, unconditional: unconditional)
      summary = companion.summary(source, of: unconditional)
    }
    return DiffusionModel(
      reference: reference, denoiser: both, digest: denoiser.model.fingerprint, unconditionalDigest: companion?.digest,
      architecture: denoiser.model.line("denoiser", classes: denoiser.classCount), companion: summary, classNames: [],
      parameters: nil, precision: .fp32, kernels: nil, served: denoiser.model,
      classifier: try reference.openClassifier(), unconditionalDescription: companion?.description ?? [],
      weightsDigest: { denoiser.model.fingerprint })
  }

  /// Every model of it that is served elsewhere.
  public var servedModels: [ServedModel] {
    let companion = ((denoiser as? PairedDenoiser)?.unconditional as? ServedDenoiser)?.model
    let models = [served, companion, classifier?.model].compactMap(\.self)
    return reference.classifier == reference.text ? Array(models.prefix(1)) : models
  }

  /// Requests in flight are workers that wait; nil for a model that is not served.
  public var servedThreads: Int? { servedModels.isEmpty ? nil : reference.served.connections }

  /// Votes that a worker takes at once: as many as fill a request however few evaluations each of them takes, or one;
  /// nil for a model that is not served.
  public var votesTogether: Int? {
    guard let batch = servedModels.map(\.batch).max() else { return nil }
    return castsVotesAlone ? 1 : batch
  }

  /// Whether each vote must be cast by itself, because rows of one request depend on each other.
  private var castsVotesAlone: Bool { servedModels.contains { $0.dependence != .none } }
}

extension ModelReference {
  /// The model that answers without a label, if one is named.
  func companion() throws -> Companion? {
    try unconditional.map { try Companion.found(at: $0, served, description: unconditionalConfiguration) }
  }

  /// The ordinary classifier that gives the votes, if one is named.
  func openClassifier() throws -> ServedClassifier? {
    try classifier.map { try ServedClassifier(at: ServedAddress($0), served) }
  }
}

/// The model that answers without a label in another's place.
enum Companion {
  case file(Checkpoint)
  case served(ServedDenoiser)

  /// - Parameter settings: `classes` are the conditional model's.
  static func found(at source: String, _ settings: ServedSettings, description: String?) throws -> Companion {
    guard ServedAddress.isAddress(source) else {
      return .file(try Checkpoint.load(path: source, description: description.map { try ModelDescription($0) }))
    }
    var settings = settings
    settings.classes = nil
    return .served(try ServedDenoiser(at: ServedAddress(source), settings))
  }

  var remarks: [String] { if case .file(let checkpoint) = self { checkpoint.remarks } else { [] } }
  var description: [DescriptionItem] {
    if case .file(let checkpoint) = self { checkpoint.notes.description ?? [] } else { [] }
  }

  var digest: String {
    switch self {
    case .file(let checkpoint): checkpoint.digest
    case .served(let denoiser): denoiser.model.fingerprint
    }
  }

  var hasRanges: Bool {
    switch self {
    case .file(let checkpoint): checkpoint.quantization != nil
    case .served: true
    }
  }

  func denoiser(precision: Precision) throws -> any Denoiser {
    switch self {
    case .file(let checkpoint): try UNetDenoiser(checkpoint, precision: precision)
    case .served(let denoiser): denoiser
    }
  }

  func summary(_ source: String, of denoiser: any Denoiser) -> CompanionSummary {
    switch self {
    case .file(let checkpoint):
      CompanionSummary(
        source: source, architecture: ModelSummary(checkpoint.architecture).line,
        precision: (denoiser as? UNetDenoiser)?.precision)
    case .served(let served):
      CompanionSummary(
        source: source, architecture: served.model.line("denoiser", classes: served.classCount), precision: nil)
    }
  }
}

/// What is worth saying of the model that answers without a label in another's place.
public struct CompanionSummary: Hashable, Sendable {
  public var source: String
  /// Network, preconditioner and sizes in a line.
  public var architecture: String
  /// nil for a model that is served elsewhere.
  public var precision: Precision?
  /// Why it is not int8 although one of the two has ranges for it.
  public var reason: String?
}

extension ServedModel {
  /// In a record's words: `served denoiser, 3×32×32, 10 classes`. Server and version may change; the fingerprint speaks.
  func line(_ kind: String, classes: Int) -> String {
    "served \(kind), \(imageShape), \(classes == 0 ? "no classes named" : "\(classes) classes")"
  }
}

/// Where a denoiser would be, had the classifier one.
private struct NoDenoiser: Denoiser {
  let imageShape: ImageShape
  let classCount: Int
  let address: String

  init(_ classifier: ServedClassifier) {
    imageShape = classifier.imageShape
    classCount = classifier.classCount
    address = classifier.model.address.text
  }

  var isUnconditionalAvailable: Bool { false }
  var preferredBatchSize: Int { 1 }
  func makeEvaluator() throws -> any DenoiserEvaluator {
    throw InputError("a classifier denoises nothing", file: address, expected: "a denoiser")
  }
}
