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
    let probability = NormalDistribution.cdf(radius / sigma.sigma)
    guard probability < 1 else { return nil }
    // A bound of exactly ½ certifies nothing, not even the radius 0.
    return ConfidenceSequence.trialsNeeded(
      toReach: max(probability, (0.5).nextUp), failures: failures, alpha: alpha, limit: limit)
  }
}

/// Estimation votes counted one by one, and whether to go on.
struct Counting {
  let rule: AnytimeCertify
  let sigma: PixelNoise
  let candidate: Int
  private(set) var counts: VoteCounts
  private(set) var lower: AnytimeLowerBound
  private var upper: AnytimeUpperBound
  /// Targets neither certified nor given up.
  private var open: [Double]
  private(set) var stop: StopReason?

  init(rule: AnytimeCertify, sigma: PixelNoise, candidate: Int, classCount: Int) {
    self.rule = rule
    self.sigma = sigma
    self.candidate = candidate
    counts = VoteCounts(classCount: classCount)
    lower = AnytimeLowerBound(alpha: rule.alpha)
    upper = AnytimeUpperBound(alpha: AnytimeCertify.futilityLevel)
    open = rule.targets.filter { rule.votesNeeded(for: $0, sigma: sigma) != nil }
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
      open.removeAll { $0 <= radius }
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
      // At best the remaining votes agree as often as the upper bound says.
      let remaining = rule.budget - lower.trials
      let successes = lower.successes + Int((Double(remaining) * upper.bound).rounded(.up))
      let final = ConfidenceSequence.lowerBound(
        successes: min(successes, rule.budget), trials: rule.budget, alpha: rule.alpha)
      let then = CertifiedRadius.radius(sigma: sigma.sigma, lowerBound: final) ?? 0
      if then - now < rule.tolerance { stop = .tolerance }
    } else {
      let reach = CertifiedRadius.radius(sigma: sigma.sigma, lowerBound: lower.reach(budget: rule.budget)) ?? -1
      let likely = CertifiedRadius.radius(sigma: sigma.sigma, lowerBound: upper.bound) ?? -1
      open.removeAll { $0 > reach || $0 > likely }
    }
  }

  /// How many votes to cast before looking again: as many as the answer takes at least, within limits. It depends on
  /// the votes counted alone, so that the cost of an image is the same however the work is spread.
  var nextChunk: Int {
    let limits = 8...64
    guard let farthest = open.last,
      let needed = AnytimeCertify.trials(
        toCertify: farthest, sigma: sigma, failures: lower.trials - lower.successes, alpha: rule.alpha,
        limit: rule.budget)
    else { return limits.upperBound }
    return min(max(needed - lower.trials, limits.lowerBound), limits.upperBound)
  }
}
