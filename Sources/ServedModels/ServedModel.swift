import Basics

/// A model behind the Open Inference Protocol, checked and known by its behaviour.
///
/// Connections are made where they are needed: by whoever opens it, and by every evaluator.
public struct ServedModel: Sendable {
  public let address: ServedAddress
  public let settings: ServedSettings
  let signature: ServedSignature
  let isBinary: Bool
  let isUnconditionalAvailable: Bool
  /// The server's name and version, and the model's versions as it lists them.
  public let server: String
  public let serverVersion: String
  public let versions: [String]
  /// The behaviour fingerprint, SHA-256.
  public let fingerprint: String
  public let dependence: CompanionDependence

  public var imageShape: ImageShape { signature.imageShape }
  /// B, the rows of every request.
  public var batch: Int { signature.batch }

  /// - Throws: `UsageError` for settings that contradict the model; `ServerUnavailable`; `InputError` for metadata or
  ///   answers that are not a denoiser's (a classifier's), or a model whose rows depend on their companions.
  init(_ kind: ServedSignature.Kind, at address: ServedAddress, _ settings: ServedSettings) throws {
    try settings.validate()
    self.address = address
    self.settings = settings
    let connection = try ServerConnection(address, patience: settings.patience)
    let server = try ServerMetadata(connection)
    let metadata = try ModelMetadata(connection)
    let signature = try ServedSignature(kind, metadata, settings, address: address.text)
    self.signature = signature
    isBinary = server.takesBinaryTensors
    self.server = server.name
    serverVersion = server.version
    versions = metadata.versions
    let exchange = try InferenceExchange(signature, connection: connection, isBinary: isBinary)
    isUnconditionalAvailable = try kind == .denoiser && ServedDenoiser.answersWithoutLabel(exchange)
    let probe = BehaviourProbe(signature: signature, isUnconditionalAvailable: isUnconditionalAvailable)
    var exchanges = [exchange]
    while exchanges.count < settings.connections {
      exchanges.append(
        try InferenceExchange(
          signature, connection: ServerConnection(address, patience: settings.patience), isBinary: isBinary))
    }
    (dependence, fingerprint) = try probe.companions(exchanges)
    switch dependence {
    case .none: break
    case .unrepeatable:
      throw InputError(
        "the same request is answered differently each time; what repeats nothing has no identity and certifies nothing",
        file: address.text)
    case .withinRequests, .acrossRequests:
      guard settings.acceptsCompanionDependence else {
        throw InputError(
          "a row's answer depends on the other rows (\(dependence.rawValue)): votes would depend on each other, and their bound would not hold. Serve it with a fixed batch and without batching across requests, or accept the dependence, which the run then says",
          file: address.text)
      }
    }
  }

  /// A connection of its own.
  func makeExchange() throws -> InferenceExchange {
    try InferenceExchange(
      signature, connection: ServerConnection(address, patience: settings.patience), isBinary: isBinary)
  }

  /// Asks the fixed queries again.
  ///
  /// - Throws: `InputError` where the answers are not those of the model that was opened.
  func requireUnchanged(_ exchange: InferenceExchange) throws {
    let probe = BehaviourProbe(signature: signature, isUnconditionalAvailable: isUnconditionalAvailable)
    let now = try probe.fingerprint(exchange)
    guard now == fingerprint else {
      throw InputError(
        "another model answers there than when the run began; what it answered since the last check is discarded",
        file: address.text, expected: "behaviour fingerprint \(fingerprint)", found: now)
    }
  }
}
