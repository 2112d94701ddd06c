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
      VoteCounts(try await source.votes(0..<selectionSamples, for: .selection), classCount: source.classCount))
    var count = AnytimeCount(
      candidate: selection.candidate, classCount: source.classCount, budget: budget, alpha: alpha)
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
  /// The level of the upper confidence sequence that declares a target out of reach. It spends nothing of the
  /// certificate's α: giving up too early costs radius, never soundness.
  static let futilityLevel = 0.01
  /// A target is also given up when the chance of certifying it at the budget's end has fallen below this, as the
  /// beta-binomial posterior of the votes so far predicts the rest (Jeffreys' prior). Predicted chances are a
  /// martingale, so at most this share of the images given up for it would have been certified at the end.
  static let hopelessChance = 0.01
  /// Giving up is considered every so many votes.
  private static let futilityInterval = 16
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

  init(candidate: Int, classCount: Int, budget: Int, alpha: Double) {
    self.candidate = candidate
    self.budget = budget
    self.alpha = alpha
    counts = VoteCounts(classCount: classCount)
    lower = AnytimeLowerBound(alpha: alpha)
    upper = AnytimeUpperBound(alpha: Self.futilityLevel)
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
  /// Whether now is the time to consider giving up.
  var looksAhead: Bool { lower.trials > 0 && lower.trials % Self.futilityInterval == 0 }

  var bound: Bound {
    Bound(kind: .betaMixture, successes: lower.attained.successes, samples: lower.attained.trials, alpha: alpha)
  }

  /// What the votes so far predict for those left in the budget.
  var posterior: BetaBinomialDistribution {
    BetaBinomialDistribution(
      trials: budget - lower.trials, a: Double(lower.successes) + 0.5,
      b: Double(lower.trials - lower.successes) + 0.5)
  }

  /// The least number of votes, `failures` of them against, that certifies `radius`.
  static func trials(
    toCertify radius: Double, sigma: PixelNoise, failures: Int, alpha: Double, limit: Int
  ) -> Int? {
    guard let probability = probability(toCertify: radius, sigma: sigma) else { return nil }
    return ConfidenceSequence.trialsNeeded(toReach: probability, failures: failures, alpha: alpha, limit: limit)
  }

  /// The least bound of p_A that certifies `radius`; nil where no bound below 1 does.
  static func probability(toCertify radius: Double, sigma: PixelNoise) -> Double? {
    let probability = NormalDistribution.cdf(radius / sigma.sigma)
    // A bound of exactly ½ certifies nothing, not even the radius 0.
    return probability < 1 ? max(probability, (0.5).nextUp) : nil
  }
}
