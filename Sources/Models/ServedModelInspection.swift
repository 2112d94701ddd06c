import Basics
import Classifiers
import ServedModels

/// What is served at an address, as its server says and as it answers: `ndc inspect URL`.
public struct ServedModelInspection: Encodable, Sendable {
  public var address: String
  public var server: String
  public var serverVersion: String
  public var modelVersions: [String]
  /// The metadata's tensors: name, type and shape, −1 for any size.
  public var inputs: [String]
  public var outputs: [String]
  /// `denoiser` or `classifier`.
  public var kind: String
  public var imageShape: ImageShape
  /// 0 for a denoiser of which nobody said how many classes it has.
  public var classes: Int
  /// Whether a denoiser answers without a label.
  public var unconditional: Bool
  /// Whether tensors travel as bytes, otherwise as JSON.
  public var bytes: Bool
  /// B, the rows of every request, and the requests in flight at which ``companions`` was found out.
  public var batch: Int
  public var connections: Int
  public var companions: CompanionDependence
  /// The behaviour fingerprint, SHA-256.
  public var fingerprint: String
  /// How it can classify, in the command line's words.
  public var methods: [String]

  /// - Parameter settings: a dependence on companions is found and said, whether or not they accept it.
  /// - Throws: as `ServedModel`.
  public init(_ address: String, _ settings: ServedSettings) throws {
    var settings = settings
    settings.acceptsCompanionDependence = true
    let model = try ServedModel(at: ServedAddress(address), settings)
    self.address = address
    server = model.server
    serverVersion = model.serverVersion
    modelVersions = model.versions
    inputs = model.inputs
    outputs = model.outputs
    kind = model.isClassifier ? "classifier" : "denoiser"
    imageShape = model.imageShape
    classes = model.classCount
    unconditional = model.answersWithoutLabel
    bytes = model.sendsBytes
    batch = model.batch
    connections = settings.connections
    companions = model.dependence
    fingerprint = model.fingerprint
    let scored = ClassificationMethod.allCases.filter(\.hasLevels)
    methods = (model.isClassifier ? [.classifier] : model.classCount > 0 ? scored : []).map(\.rawValue)
  }
}
