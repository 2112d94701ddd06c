/// A server that cannot be reached, or did not recover in time. Exit status 69.
public struct ServerUnavailable: Error, Hashable, Sendable, CustomStringConvertible {
  /// The model's address.
  public var address: String
  public var problem: String

  public var description: String { "\(address): \(problem)" }
}
