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
  /// The tensors as the server's metadata describe them.
  public let inputs: [String]
  public let outputs: [String]
  private let checks: IdleExchanges

  public var isClassifier: Bool { signature.kind == .classifier }
  /// K; 0 for a denoiser of which nobody said how many classes it has.
  public var classCount: Int { signature.classCount }
  /// Whether tensors travel as bytes, otherwise as JSON.
  public var sendsBytes: Bool { isBinary }
  /// Whether a denoiser answers label −1.
  public var answersWithoutLabel: Bool { isUnconditionalAvailable }

  public var imageShape: ImageShape { signature.imageShape }
  /// B, the rows of every request.
  public var batch: Int { signature.batch }

  /// Whatever is served there, a denoiser or a classifier.
  ///
  /// - Throws: as for one of a kind.
  public init(at address: ServedAddress, _ settings: ServedSettings) throws {
    try self.init(nil, at: address, settings)
  }

  /// - Parameter kind: what it has to be; nil to believe its metadata.
  /// - Throws: `UsageError` for settings that contradict the model; `ServerUnavailable`; `InputError` for metadata or
  ///   answers that are not a denoiser's (a classifier's), or a model whose rows depend on their companions.
  init(_ kind: ServedSignature.Kind?, at address: ServedAddress, _ settings: ServedSettings) throws {
    try settings.validate()
    self.address = address
    self.settings = settings
    if let limit = settings.introduction {
      _ = try ServerMetadata(ServerConnection(address, patience: min(limit, settings.patience)))
    }
    let connection = try ServerConnection(address, patience: settings.patience)
    let server = try ServerMetadata(connection)
    let metadata = try ModelMetadata(connection)
    let kind = kind ?? (metadata.outputs.contains { $0.name == "logits" } ? .classifier : .denoiser)
    let signature = try ServedSignature(kind, metadata, settings, address: address.text)
    self.signature = signature
    inputs = metadata.inputs.map(\.description)
    outputs = metadata.outputs.map(\.description)
    isBinary = server.takesBinaryTensors
    self.server = server.name
    serverVersion = server.version
    versions = metadata.versions
    let exchange = try InferenceExchange(signature, connection: connection, isBinary: isBinary)
    isUnconditionalAvailable = try kind == .denoiser && ServedDenoiser.answersWithoutLabel(exchange)
    guard kind == .classifier || signature.classCount > 0 || isUnconditionalAvailable else {
      throw UsageError(
        "\(address.text) answers no query without a label: name the number of its classes with \(.classCount) K")
    }
    let probe = BehaviourProbe(signature: signature, isUnconditionalAvailable: isUnconditionalAvailable)
    var exchanges = [exchange]
    while exchanges.count < settings.connections {
      exchanges.append(
        try InferenceExchange(
          signature, connection: ServerConnection(address, patience: settings.patience), isBinary: isBinary))
    }
    (dependence, fingerprint) = try probe.companions(exchanges)
    checks = IdleExchanges(exchange)
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

  /// Asks the fixed queries again, on a connection that is kept for it.
  ///
  /// - Throws: as for an exchange.
  func requireUnchanged() throws {
    let exchange = try checks.take() ?? makeExchange()
    try requireUnchanged(exchange)
    checks.keep(exchange)
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
