/// Bounds on what one pickle may make a reader do; far above what data sets and checkpoints need.
public struct PickleLimits: Sendable {
  /// Values made: a node takes some 100 bytes.
  public var nodes = 1 << 21
  /// Instructions carried out, and therefore references between values.
  public var instructions = 1 << 25
  /// Bytes in the name of a module, class or function.
  public var nameLength = 1024

  public init() {}
}
