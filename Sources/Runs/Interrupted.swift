/// A run was cancelled before its end; what was finished is kept. Exit status 130.
public struct Interrupted: Error, Hashable, Sendable, CustomStringConvertible {
  /// Images finished, those of earlier sessions included.
  public var finished: Int
  public var total: Int
  /// Votes of images that are not finished: they are kept too.
  public var votes: Int

  public init(finished: Int, total: Int, votes: Int = 0) {
    self.finished = finished
    self.total = total
    self.votes = votes
  }

  public var description: String {
    "interrupted after \(finished) of \(total) images" + (votes > 0 ? " and \(votes) votes of the next" : "")
  }
}
