import Basics

/// How a served model is asked.
public struct ServedSettings: Hashable, Sendable {
  /// The rows of every request where none are named.
  public static let defaultBatch = 64
  public static let defaultConnections = 2
  public static let defaultPatience = 120.0

  /// K of a denoiser, which no metadata tells; of a classifier where its output does not.
  public var classes: Int?
  /// C×H×W, where the metadata leave it open.
  public var imageShape: ImageShape?
  /// B, the rows of every request; nil for the model's own where it is fixed, otherwise ``defaultBatch``.
  public var batch: Int?
  /// Requests in flight at once.
  public var connections = defaultConnections
  /// Seconds to wait for a server that does not answer.
  public var patience = defaultPatience
  /// Seconds to wait for the server's first word, where nobody needs it; nil for ``patience``.
  public var introduction: Double?
  /// Whether a model whose rows depend on their companions is used all the same.
  public var acceptsCompanionDependence = false

  public init() {}

  /// - Throws: `UsageError`.
  public func validate() throws {
    if let classes, classes < 2 { throw UsageError("\(.classCount) \(classes): must be at least 2") }
    if let batch, !(1...65536).contains(batch) {
      throw UsageError("\(.rows) \(batch): a request carries 1 to 65536 rows")
    }
    guard (1...1024).contains(connections) else {
      throw UsageError("\(.connections) \(connections): must be 1 to 1024")
    }
    guard patience.isFinite, patience >= 0, patience <= 86400 else {
      throw UsageError("\(.patience) \(patience): must be 0 to 86400 seconds")
    }
  }
}
