import Basics

/// The model and the data that a run's description names, as they were found when opened again.
public struct RunSources: Sendable {
  public var model: RunManifest.Model
  public var data: RunManifest.Data
  /// What computes here: the kernels, their library, and the precision that the processor allows.
  public var engine: RunEngine
  /// K, of the classifier: of all the model's classes, or those that the run names.
  public var classCount: Int
  /// The label that the data give an image of a data set's index; throws as opening the image does.
  public var label: @Sendable (_ index: Int) throws -> Int?
  /// What the data show under a data set's index; nil where nobody looks.
  public var picture: (@Sendable (_ index: Int) throws -> PictureIdentity)?
  /// Whether the data no longer have the image of an index.
  public var lacks: @Sendable (_ index: Int) -> Bool = { _ in false }
  /// The parts of run.json, `model` and `data`, that were opened by a path relative to a folder that run.json does not
  /// name: what differs there may be another one of the same name.
  public var relativeParts: Set<String> = []

  public init(
    model: RunManifest.Model, data: RunManifest.Data, engine: RunEngine, classCount: Int,
    label: @escaping @Sendable (_ index: Int) throws -> Int?,
    picture: (@Sendable (_ index: Int) throws -> PictureIdentity)? = nil
  ) {
    self.picture = picture
    self.model = model
    self.data = data
    self.engine = engine
    self.classCount = classCount
    self.label = label
  }

  /// Whether a failure may be due to the folder that the verification runs in.
  func isDoubtful(_ failure: VerificationFailure) -> Bool {
    relativeParts.contains { failure.field?.hasPrefix($0 + ".") ?? false }
  }

  /// Where these are not what the run used. A digest speaks for its file, wherever that lies now.
  package func failures(_ manifest: RunManifest) -> [VerificationFailure] {
    var failures: [VerificationFailure] = []
    func require<Value: Equatable>(_ found: Value?, _ expected: Value?, _ field: String, of source: String?) {
      guard found != expected else { return }
      func text(_ value: Value?) -> String { value.map { "\($0)" } ?? "nothing" }
      failures.append(
        VerificationFailure(
          "not what the run used", file: source ?? "run.json", field: field, expected: text(expected),
          found: text(found)))
    }
    if manifest.model.served != nil, model.digest != manifest.model.digest {
      failures.append(
        VerificationFailure(
          "another model answers there than the run's", file: model.source, field: "model.digest",
          expected: "behaviour fingerprint \(manifest.model.digest)", found: model.digest))
    } else {
      require(model.digest, manifest.model.digest, "model.digest", of: model.source)
    }
    require(
      model.classifierDigest, manifest.model.classifierDigest, "model.classifierDigest", of: model.classifierSource)
    require(
      model.unconditionalDigest, manifest.model.unconditionalDigest, "model.unconditionalDigest",
      of: model.unconditionalSource)
    func require(_ found: [String: String]?, _ expected: [String: String]?, in field: String, of source: String?) {
      for key in Set((found ?? [:]).keys).union((expected ?? [:]).keys).sorted() {
        require(found?[key], expected?[key], "\(field).\(key)", of: source)
      }
    }
    require(model.description, manifest.model.description, in: "model.description", of: model.source)
    require(
      model.unconditionalDescription, manifest.model.unconditionalDescription, in: "model.unconditionalDescription",
      of: model.unconditionalSource)
    require(model.architecture, manifest.model.architecture, "model.architecture", of: model.source)
    require(model.parameters, manifest.model.parameters, "model.parameters", of: model.source)
    // A run that lists its pictures is about them, whatever else the data set holds.
    if manifest.pictures == nil {
      require(data.digest, manifest.data.digest, "data.digest", of: data.source)
      require(data.size, manifest.data.size, "data.size", of: data.source)
    }
    require(data.adaptation, manifest.data.adaptation, "data.adaptation", of: data.source)
    return failures
  }
}
