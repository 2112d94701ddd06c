import Basics
import Statistics

/// What an anytime rule is after.
protocol AnytimeGoal {
  /// Whether no more votes are wanted; asked before the first vote and after each.
  mutating func isReached(by count: AnytimeCount) -> Bool
  /// The votes that reaching it takes at least; nil where nobody can tell. It depends on the votes counted alone, so
  /// that the cost of an image is the same however the work is spread.
  func votesNeeded(after count: AnytimeCount) -> Int?
}

extension AnytimeRule {
  /// Casts and counts votes until the goal is reached or the budget spent.
  func count(
    _ source: some VoteSource, sigma: PixelNoise, goal: some AnytimeGoal, onProgress: (AnytimeProgress) -> Void
  ) async throws -> CertifyResult {
    let selection = SelectionVotes(
      VoteCounts(try await source.votes(0..<selectionSamples, for: .selection), classes: source.classes))
    var count = AnytimeCount(
      candidate: selection.candidate, classes: source.classes, budget: budget, alpha: alpha)
    var goal = goal
    var stop: StopReason? = goal.isReached(by: count) ? .decided(Self.kind) : nil
    var discarded = 0
    var cast = 0
    while stop == nil {
      let limits = AnytimeCount.chunkLimits
      let wanted = goal.votesNeeded(after: count) ?? limits.upperBound
      let chunk = min(max(wanted, limits.lowerBound), limits.upperBound, budget - cast)
      let votes = try await source.votes(cast..<cast + chunk, for: .estimation)
      cast += chunk
      for vote in votes {
        if stop == nil {
          count.add(vote)
          stop = goal.isReached(by: count) ? .decided(Self.kind) : count.isBudgetSpent ? .budget : nil
        } else {
          discarded += vote.evaluations
        }
      }
      if stop == nil { onProgress(AnytimeProgress(count, sigma: sigma)) }
    }
    return CertifyResult(
      selection: selection, estimation: EstimationVotes(count.counts), bound: count.bound, sigma: sigma,
      stopReason: stop ?? .budget, discardedEvaluations: discarded)
  }
}

/// Estimation votes counted one by one, and what they say.
struct AnytimeCount {
  /// Votes cast before looking again.
  static let chunkLimits = 8...64

  let candidate: Int
  let budget: Int
  let alpha: Double
  private(set) var counts: VoteCounts
  private(set) var lower: AnytimeLowerBound
  private(set) var upper: AnytimeUpperBound
  /// Whether the last vote raised the bound.
  private(set) var isBoundRaised = false

  init(candidate: Int, classes: ClassSet, budget: Int, alpha: Double) {
    self.candidate = candidate
    self.budget = budget
    self.alpha = alpha
    counts = VoteCounts(classes: classes)
    lower = AnytimeLowerBound(alpha: alpha)
    upper = AnytimeUpperBound(alpha: Futility.level)
  }

  mutating func add(_ vote: Vote) {
    precondition(!isBudgetSpent, "votes beyond the budget count for nothing")
    counts.add(vote)
    let isSuccess = vote.choice == .label(candidate)
    let before = lower.bound
    lower.add(success: isSuccess)
    upper.add(success: isSuccess)
    isBoundRaised = lower.bound > before
  }

  var isBudgetSpent: Bool { lower.trials == budget }
  /// Whether now is the time to consider giving up (``Futility``).
  var looksAhead: Bool { lower.trials > 0 && lower.trials % Futility.interval == 0 }

  var bound: Bound {
    Bound(kind: .betaMixture, successes: lower.attained.successes, samples: lower.attained.trials, alpha: alpha)
  }

  /// The least number of votes, `failures` of them against, that certifies `radius`.
  static func trials(
    toCertify radius: Double, sigma: PixelNoise, failures: Int, alpha: Double, limit: Int
  ) -> Int? {
    guard let bound = CertifiedRadius.lowerBoundNeeded(for: radius, sigma: sigma.sigma) else { return nil }
    return ConfidenceSequence.trialsNeeded(toReach: bound, failures: failures, alpha: alpha, limit: limit)
  }
}
