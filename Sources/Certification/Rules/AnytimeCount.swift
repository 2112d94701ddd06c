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
    var counts = VoteCounts(classes: source.classes)
    var against: [Int] = []
    var count = AnytimeCount(budget: budget, alpha: alpha)
    var goal = goal
    var stop = stopReason(count, &goal)
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
          let isSuccess = vote.choice == .label(selection.candidate)
          if !isSuccess, count.lower.trials < VotesAgainst.mostTrials { against.append(count.lower.trials) }
          counts.add(vote)
          count.add(success: isSuccess)
          stop = stopReason(count, &goal)
        } else {
          discarded += vote.evaluations
        }
      }
      if stop == nil {
        onProgress(AnytimeProgress(count, of: counts, candidate: selection.candidate, sigma: sigma))
      }
    }
    return CertifyResult(
      selection: selection, estimation: EstimationVotes(counts), bound: count.bound, sigma: sigma,
      stopReason: stop ?? .budget, discardedEvaluations: discarded,
      against: counts.total <= VotesAgainst.mostTrials ? VotesAgainst(against) : nil)
  }

  /// Counts votes again until the goal is reached, the budget spent, or there are no more.
  ///
  /// - Precondition: no more votes than the budget, and none of `against` beyond them.
  func recount(_ against: VotesAgainst, of samples: Int, goal: some AnytimeGoal) -> Recount {
    precondition(samples <= budget && against.span <= samples, "votes of this record")
    var count = AnytimeCount(budget: budget, alpha: alpha)
    var goal = goal
    var stop = stopReason(count, &goal)
    var failures = against.places[...]
    while stop == nil, count.lower.trials < samples {
      let isSuccess = failures.first != count.lower.trials
      if !isSuccess { failures.removeFirst() }
      count.add(success: isSuccess)
      stop = stopReason(count, &goal)
    }
    return Recount(samples: count.lower.trials, stopReason: stop, bound: count.bound)
  }

  private func stopReason(_ count: AnytimeCount, _ goal: inout some AnytimeGoal) -> StopReason? {
    goal.isReached(by: count) ? .decided(Self.kind) : count.isBudgetSpent ? .budget : nil
  }
}

/// Votes for and against c_A counted one by one, and what they say.
struct AnytimeCount {
  /// Votes cast before looking again.
  static let chunkLimits = 8...64

  let budget: Int
  let alpha: Double
  private(set) var lower: AnytimeLowerBound
  private(set) var upper: AnytimeUpperBound
  /// Whether the last vote raised the bound.
  private(set) var isBoundRaised = false

  init(budget: Int, alpha: Double) {
    self.budget = budget
    self.alpha = alpha
    lower = AnytimeLowerBound(alpha: alpha)
    upper = AnytimeUpperBound(alpha: Futility.level)
  }

  mutating func add(success: Bool) {
    precondition(!isBudgetSpent, "votes beyond the budget count for nothing")
    let before = lower.bound
    lower.add(success: success)
    upper.add(success: success)
    isBoundRaised = lower.bound > before
  }

  var isBudgetSpent: Bool { lower.trials == budget }
  /// Whether now is the time to consider giving up (``Futility``).
  var looksAhead: Bool { Self.looksAhead(after: lower.trials) }

  static func looksAhead(after trials: Int) -> Bool { trials > 0 && trials % Futility.interval == 0 }

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
