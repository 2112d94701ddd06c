/// A run was cancelled before its end; what was finished is kept. Exit status 130.
public struct Interrupted: Error, Hashable, Sendable, CustomStringConvertible {
  /// Images finished, those of earlier sessions included.
  public var finished: Int
  public var total: Int

  public init(finished: Int, total: Int) {
    self.finished = finished
    self.total = total
  }

  public var description: String { "interrupted after \(finished) of \(total) images" }
}
