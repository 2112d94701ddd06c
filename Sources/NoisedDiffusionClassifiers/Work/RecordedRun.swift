import Basics
import Certification
import Checkpoints
import Datasets
import Foundation
import Models
import Records
import Runs
import UNets

extension RunManifest.Model {
  /// What a record says of a model.
  public init(_ model: DiffusionModel) {
    self.init(
      source: model.source, digest: model.digest, unconditionalSource: model.reference.unconditional,
      unconditionalDigest: model.unconditionalDigest, architecture: model.architecture, parameters: model.parameters)
    configurationSource = model.reference.configuration
    unconditionalConfigurationSource = model.reference.unconditionalConfiguration
    func values(_ items: [DescriptionItem]) -> [String: String]? {
      items.isEmpty ? nil : Dictionary(items.map { ($0.key, $0.value) }, uniquingKeysWith: { _, last in last })
    }
    description = values(model.description)
    unconditionalDescription = values(model.unconditionalDescription)
    classifierSource = model.reference.classifier
    classifierDigest = model.classifier?.model.fingerprint
    served = RunManifest.Served(model)
  }
}

extension RunManifest.Data {
  /// What a record says of a data set.
  ///
  /// - Throws: `InputError` for data that cannot be read.
  public init(_ images: AdaptedImageSet, source: String) throws {
    self.init(
      source: source, digest: try images.digest(), size: images.count, adaptation: images.adapter.description,
      classNames: ClassNames(images.classNames).known)
  }
}

extension ModelReference {
  /// The model of a finished run.
  ///
  /// - Parameters: where files lie now that are no longer where the run found them.
  /// - Throws: `UsageError` for a precision that is none.
  public init(
    recordedIn manifest: RunManifest, model: String? = nil, unconditionalModel: String? = nil,
    configuration: String? = nil, unconditionalConfiguration: String? = nil
  ) throws {
    guard let precision = Precision(rawValue: manifest.classifier.precision) else {
      throw UsageError(
        text: "no such precision: \"\(manifest.classifier.precision)\" (one of "
          + Precision.allCases.map(\.rawValue).joined(separator: ", ") + ")")
    }
    self.init(
      model ?? manifest.model.source, unconditional: unconditionalModel ?? manifest.model.unconditionalSource,
      precision: precision)
    self.configuration = configuration ?? manifest.model.configurationSource
    self.unconditionalConfiguration = unconditionalConfiguration ?? manifest.model.unconditionalConfigurationSource
    classifier = manifest.model.classifierSource
    if let recorded = manifest.model.served { served = try ServedSettings(recorded) }
  }
}

extension RunManifest.Served {
  /// nil for a model that is not served, in whole or in part.
  init?(_ model: DiffusionModel) {
    let models = model.servedModels
    guard let one = models.first else { return nil }
    let settings = model.reference.served
    self.init(
      server: model.served?.server, serverVersion: model.served?.serverVersion, versions: model.served?.versions,
      classes: settings.classes,
      imageShape: settings.imageShape.map { [$0.channels, $0.height, $0.width] }, batch: one.batch,
      companionDependence: models.map(\.dependence).max() ?? .none)
  }
}

extension ServedSettings {
  /// Those of a finished run.
  ///
  /// - Throws: `UsageError` for a shape that is none.
  init(_ recorded: RunManifest.Served) throws {
    self.init()
    classes = recorded.classes
    if let sizes = recorded.imageShape {
      guard sizes.count == 3 else { throw UsageError(text: "no such image shape: \(sizes)") }
      imageShape = ImageShape(channels: sizes[0], height: sizes[1], width: sizes[2])
    }
    batch = recorded.batch
    acceptsCompanionDependence = recorded.companionDependence != .none
  }
}

/// The model and the data of a finished run, opened again.
public struct RecordedRun: Sendable {
  public let model: DiffusionModel
  public let images: AdaptedImageSet
  private let data: RunManifest.Data
  /// The classes of the run's classifier; nil for all of the model's.
  private let classes: ClassSet?
  private let relativeParts: Set<String>

  /// A model or data that cannot be opened: which of the two, and why.
  public struct Unusable: Error {
    public var source: String
    /// In run.json.
    public var field: String
    public var cause: any Error
  }

  /// - Parameters: where files lie now that are no longer where the run found them, and how many seconds to wait for a
  ///   server that does not answer.
  /// - Throws: `Unusable`.
  public init(
    _ manifest: RunManifest, model: String? = nil, unconditionalModel: String? = nil, configuration: String? = nil,
    unconditionalConfiguration: String? = nil, data: String? = nil, patience: Double = ServedSettings.defaultPatience,
    resources: URL? = BundledResources.folder, notice: (ModelNotice) -> Void = { _ in }
  ) throws {
    func opening<Value>(_ source: String, _ field: String, _ body: () throws -> Value) throws -> Value {
      do { return try body() } catch { throw Unusable(source: source, field: field, cause: error) }
    }
    let opened = try opening(model ?? manifest.model.source, "model.source") {
      var reference = try ModelReference(
        recordedIn: manifest, model: model, unconditionalModel: unconditionalModel, configuration: configuration,
        unconditionalConfiguration: unconditionalConfiguration)
      reference.served.patience = patience
      return try DiffusionModel.open(
        reference,
        choosing: .exact, resources: resources, notice: notice)
    }
    try opening("run.json", "classes") {
      _ = try manifest.classifier.specification.classes.map { try RestrictedDenoiser(opened.denoiser, to: $0) }
    }
    let named = data ?? manifest.data.source
    let images = try opening(named, "data.source") {
      try AdaptedImageSet(manifest, data: named, resources: resources, for: ModelOutline(opened))
    }
    relativeParts = Self.relativeParts(
      manifest, model: model ?? unconditionalModel, data: data)
    self.model = opened
    classes = manifest.classifier.specification.classes
    self.images = images
    self.data = try opening(named, "data.source") { try RunManifest.Data(images, source: named) }
  }

  /// What verification holds against the run's description.
  ///
  /// - Parameter program: what computes here.
  public func sources(program: RunManifest.Program) -> RunSources {
    var sources = RunSources(
      model: RunManifest.Model(model), data: data,
      engine: RunEngine(
        program: program, instructionSet: model.engine.instructionSet, libraries: model.engine.libraries,
        precision: model.precision.rawValue),
      classCount: classes?.count ?? model.classCount, label: { [images] in try images.label(at: $0) },
      picture: { [images] in
        try PictureIdentity(
          index: $0, name: images.pictureName(at: $0), label: images.label(at: $0),
          digest: images.decodedPicture(at: $0).digest)
      })
    sources.relativeParts = relativeParts
    sources.lacks = { [images] in images.lacks($0) }
    return sources
  }

  /// The parts of run.json that nobody has pointed at, and whose paths are relative.
  private static func relativeParts(_ manifest: RunManifest, model: String?, data: String?) -> Set<String> {
    func isRelative(_ paths: [String]) -> Bool { paths.contains { !$0.hasPrefix("/") } }
    var parts: Set<String> = []
    let models = ModelReference(manifest.model.source, unconditional: manifest.model.unconditionalSource)
    if model == nil, isRelative(models.paths) { parts.insert("model") }
    if data == nil, isRelative(DataSource.paths(manifest.data.source)) { parts.insert("data") }
    return parts
  }

  /// The data of a run that are not where run.json says, where that can be told without opening them.
  package static func missingData(_ manifest: RunManifest) -> InputError? {
    let missing = DataSource.paths(manifest.data.source).first { !FileManager.default.fileExists(atPath: $0) }
    return missing.map { InputError("no such file or folder", file: $0) }
  }

  /// The run's images, fitted to its model.
  public var provider: ImageProvider {
    { [images] in try images.recordedImage(at: $0) }
  }

  /// Casts the votes that the run's description asks for.
  ///
  /// - Throws: `UsageError` for a specification or σ that is none.
  public func executor(_ manifest: RunManifest, threads: Int) throws -> VoteExecutor {
    try VoteExecutor(
      SmoothedClassifier(
        base: try model.base(manifest.classifier.specification), sigma: manifest.statedSmoothing),
      threads: model.servedThreads ?? threads, batch: model.votesTogether ?? VoteExecutor.defaultBatch)
  }
}
