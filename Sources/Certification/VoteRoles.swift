/// The n₀ votes of CERTIFY that choose the class c_A, and do nothing else.
public struct SelectionVotes: Hashable, Sendable {
  public let counts: VoteCounts

  public init(_ counts: VoteCounts) { self.counts = counts }

  /// c_A, the class with most selection votes; ties to the lowest.
  public var candidate: Int { counts.leader }
}

/// The n fresh votes of CERTIFY that bound the probability of a class chosen without looking at them.
public struct EstimationVotes: Hashable, Sendable {
  public let counts: VoteCounts

  public init(_ counts: VoteCounts) { self.counts = counts }

  /// n_A: the votes for the candidate. Every other vote, invalid ones included, counts against it.
  public func successes(of candidate: Int) -> Int { counts.votes(for: candidate) }
}
