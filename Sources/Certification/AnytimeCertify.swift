import Basics
import Statistics

/// CERTIFY with a bound that holds at every number of votes, so that each image costs only the votes its answer needs
/// (SPEC §4 "Anytime-valid certification").
///
/// n₀ selection votes choose c_A. Fresh estimation votes are counted one by one in the order of their indices, and the
/// bound is the running maximum of the one-sided beta-mixture confidence sequence. Counting stops when every target
/// radius is certified or out of reach; without targets, when the radius can grow by less than a tolerance; at the
/// latest when the budget is spent.
///
/// Guarantee: the probability over the votes that the bound exceeds P(f(x + δ) = c_A) is at most α, whatever one stops
/// for. It rests on the estimation votes being independent of c_A and counted in index order, never in the order in
/// which they finish. Votes cast beyond the stop are discarded unseen; they count as cost alone.
public struct AnytimeCertify: Hashable, Sendable {
  /// n₀.
  public let selectionSamples: Int
  /// The most estimation votes.
  public let budget: Int
  /// α.
  public let alpha: Double
  /// Radii in pixels, ascending; empty to go for the largest radius.
  public let targets: [Double]
  /// Without targets: stop when the radius can grow by less, in pixels.
  public let tolerance: Double

  /// The level of the upper confidence sequence that declares a target out of reach. It spends nothing of the
  /// certificate's α: giving up too early costs radius, never soundness.
  public static let futilityLevel = 0.01
  /// A target is also given up when the chance of certifying it at the budget's end has fallen below this, as the
  /// beta-binomial posterior of the votes so far predicts the rest (Jeffreys' prior). Predicted chances are a
  /// martingale, so at most this share of the images given up for it would have been certified at the end.
  public static let hopelessChance = 0.01
  /// Giving up is considered every so many votes.
  static let futilityInterval = 16

  /// - Throws: `UsageError` unless n₀ and the budget are positive, α lies strictly between 0 and 1, and targets and
  ///   tolerance are finite and not negative.
  public init(
    selectionSamples: Int, budget: Int, alpha: Double, targets: [Double] = [], tolerance: Double = 0
  ) throws {
    try Certify.checkVotes(selectionSamples, "the number of selection samples")
    try Certify.checkVotes(budget, "the number of samples")
    try Certificate.checkAlpha(alpha)
    if let wrong = (targets + [tolerance]).first(where: { !($0.isFinite && $0 >= 0) }) {
      throw UsageError("a radius must be a finite number, not negative: \(wrong)")
    }
    self.selectionSamples = selectionSamples
    self.budget = budget
    self.alpha = alpha
    self.targets = Set(targets).sorted()
    self.tolerance = tolerance
  }

  /// Votes that certify `radius` if all of them agree; nil where the budget is too small.
  public func votesNeeded(for radius: Double, sigma: PixelNoise) -> Int? {
    Self.trials(toCertify: radius, sigma: sigma, failures: 0, alpha: alpha, limit: budget)
  }

  /// Certifies the image whose votes `source` casts.
  ///
  /// - Parameter onProgress: called with what is certified so far, after every batch of votes but the last.
  public func callAsFunction(
    _ source: some VoteSource, sigma: PixelNoise, onProgress: (AnytimeProgress) -> Void = { _ in }
  ) async throws -> CertifyResult {
    let selection = SelectionVotes(
      VoteCounts(try await source.votes(0..<selectionSamples, for: .selection), classCount: source.classCount))
    var counting = Counting(rule: self, sigma: sigma, candidate: selection.candidate, classCount: source.classCount)
    var discarded = 0
    var cast = 0
    while counting.stop == nil {
      let chunk = min(counting.nextChunk, budget - cast)
      let votes = try await source.votes(cast..<cast + chunk, for: .estimation)
      cast += chunk
      for vote in votes {
        if counting.stop == nil { counting.add(vote) } else { discarded += vote.evaluations }
      }
      if counting.stop == nil { onProgress(AnytimeProgress(counting)) }
    }
    return CertifyResult(
      selection: selection, estimation: EstimationVotes(counting.counts), bound: counting.bound, sigma: sigma,
      stopReason: counting.stop ?? .budget, discardedEvaluations: discarded)
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

/// Estimation votes counted one by one, and whether to go on.
struct Counting {
  /// A radius to certify, and how many of all votes in the budget must agree for it.
  private struct Target {
    var radius: Double
    var successesNeeded: Int
  }

  let rule: AnytimeCertify
  let sigma: PixelNoise
  let candidate: Int
  private(set) var counts: VoteCounts
  private(set) var lower: AnytimeLowerBound
  private var upper: AnytimeUpperBound
  /// Targets neither certified nor given up, nearest first.
  private var open: [Target]
  private(set) var stop: StopReason?

  init(rule: AnytimeCertify, sigma: PixelNoise, candidate: Int, classCount: Int) {
    self.rule = rule
    self.sigma = sigma
    self.candidate = candidate
    counts = VoteCounts(classCount: classCount)
    lower = AnytimeLowerBound(alpha: rule.alpha)
    upper = AnytimeUpperBound(alpha: AnytimeCertify.futilityLevel)
    open = rule.targets.compactMap { radius in
      guard let probability = AnytimeCertify.probability(toCertify: radius, sigma: sigma),
        let needed = ConfidenceSequence.successesNeeded(
          toReach: probability, trials: rule.budget, alpha: rule.alpha)
      else { return nil }
      return Target(radius: radius, successesNeeded: needed)
    }
    if !rule.targets.isEmpty, open.isEmpty { stop = .targets }
  }

  var bound: Bound {
    Bound(
      kind: .betaMixture, successes: lower.attained.successes, samples: lower.attained.trials, alpha: rule.alpha)
  }

  mutating func add(_ vote: Vote) {
    precondition(stop == nil, "votes after the stop count for nothing")
    counts.add(vote)
    let isSuccess = vote.choice == .label(candidate)
    let before = lower.bound
    lower.add(success: isSuccess)
    upper.add(success: isSuccess)
    if lower.bound > before, let radius = CertifiedRadius.radius(sigma: sigma.sigma, lowerBound: lower.bound) {
      open.removeAll { $0.radius <= radius }
    }
    if lower.trials % AnytimeCertify.futilityInterval == 0 { giveUp() }
    if stop == nil, !rule.targets.isEmpty, open.isEmpty { stop = .targets }
    if stop == nil, lower.trials == rule.budget { stop = .budget }
  }

  /// Drops targets that are out of reach; without targets, looks at what more votes could bring.
  private mutating func giveUp() {
    if rule.targets.isEmpty {
      guard rule.tolerance > 0 else { return }
      let now = CertifiedRadius.radius(sigma: sigma.sigma, lowerBound: lower.bound) ?? 0
      // At best the remaining votes agree as often as the votes so far make credible.
      let credible = BetaDistribution(a: posterior.a, b: posterior.b)
        .quantile(survival: AnytimeCertify.hopelessChance)
      let remaining = rule.budget - lower.trials
      let successes = lower.successes + Int((Double(remaining) * min(credible, upper.bound)).rounded(.up))
      let final = ConfidenceSequence.lowerBound(
        successes: min(successes, rule.budget), trials: rule.budget, alpha: rule.alpha)
      let then = CertifiedRadius.radius(sigma: sigma.sigma, lowerBound: final) ?? 0
      if then - now < rule.tolerance { stop = .tolerance }
    } else {
      let likely = CertifiedRadius.radius(sigma: sigma.sigma, lowerBound: upper.bound) ?? -1
      let (posterior, successes) = (posterior, lower.successes)
      open.removeAll { target in
        if target.radius > likely { return true }
        // Below the mean of what is predicted, the chance is about ½ or more.
        let missing = target.successesNeeded - successes
        return Double(missing) > posterior.mean
          && posterior.survival(missing - 1) < AnytimeCertify.hopelessChance
      }
    }
  }

  /// What the votes so far predict for those left in the budget.
  private var posterior: BetaBinomialDistribution {
    BetaBinomialDistribution(
      trials: rule.budget - lower.trials, a: Double(lower.successes) + 0.5,
      b: Double(lower.trials - lower.successes) + 0.5)
  }

  /// How many votes to cast before looking again: as many as the answer takes at least, within limits. It depends on
  /// the votes counted alone, so that the cost of an image is the same however the work is spread.
  var nextChunk: Int {
    let limits = 8...64
    guard let farthest = open.last,
      let needed = AnytimeCertify.trials(
        toCertify: farthest.radius, sigma: sigma, failures: lower.trials - lower.successes, alpha: rule.alpha,
        limit: rule.budget)
    else { return limits.upperBound }
    return min(max(needed - lower.trials, limits.lowerBound), limits.upperBound)
  }
}
