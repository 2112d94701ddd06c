import Basics
import Statistics

/// CERTIFY with a bound that holds at every number of votes, so that each image costs only the votes its answer needs
/// (Docs/Mathematics.md, Anytime-valid certification).
///
/// n₀ selection votes choose c_A. Fresh estimation votes are counted one by one in the order of their indices, and the
/// bound is the running maximum of the one-sided beta-mixture confidence sequence. Counting stops when the rule at hand
/// has what it is after, at the latest when the budget is spent.
///
/// Guarantee: the probability over the votes that the bound exceeds P(f(x + δ) = c_A) is at most α, whatever one stops
/// for. It rests on the estimation votes being independent of c_A and counted in index order, never in the order in
/// which they finish. Votes cast beyond the stop are discarded unseen; they count as cost alone.
public protocol AnytimeRule: StoppingRule {
  /// The most estimation votes.
  var budget: Int { get }
  /// Whether votes can end before the budget is spent.
  var canEndEarly: Bool { get }
  /// What a run lacks whose record ends for this rule's reason all the same.
  static var lack: String { get }

  /// Counts votes again, those at `against` against c_A, until the rule ends or there are no more.
  func recount(_ against: VotesAgainst, of samples: Int, sigma: PixelNoise) -> Recount
  /// What contradicts that counting ended where a claim says, whatever the order of its votes.
  func contradiction(inStopOf claim: ClaimedCount, bound: Bound, sigma: PixelNoise) -> Contradiction?

  /// Certifies the image whose votes `source` casts.
  ///
  /// - Parameter onProgress: called with what is certified so far, after every batch of votes but the last.
  func callAsFunction(
    _ source: some VoteSource, sigma: PixelNoise, onProgress: (AnytimeProgress) -> Void
  ) async throws -> CertifyResult
}

extension AnytimeRule {
  public static var stop: String { "anytime" }
  public static var boundKind: Bound.Kind { .betaMixture }
  public static var samplesTitle: String { "Estimation votes, at most" }

  public var samples: Int { budget }
  public var fixedVotes: Int? { nil }

  public func callAsFunction(_ source: some VoteSource, sigma: PixelNoise) async throws -> CertifyResult {
    try await self(source, sigma: sigma) { _ in }
  }

  public func votesNeeded(for radius: Double, sigma: PixelNoise) -> Int? {
    AnytimeCount.trials(toCertify: radius, sigma: sigma, failures: 0, alpha: alpha, limit: budget)
  }

  public func outlook(for radius: Double, sigma: PixelNoise) -> RadiusOutlook? {
    guard let votes = votesNeeded(for: radius, sigma: sigma) else {
      return RadiusOutlook(text: "the target radius \(radius) is out of reach of \(samples) votes from the start")
    }
    return RadiusOutlook(
      text: "the target radius \(radius) takes at least \(votes) votes, if all of them agree", votes: votes)
  }

  /// The name and what all of them share.
  static var summaryStart: String { "\(stop): a bound valid at every number of votes" }

  static func check(selectionSamples: Int, budget: Int, alpha: Double, radii: [Double]) throws {
    try Certify.checkVotes(selectionSamples, "the number of selection samples")
    try Certify.checkVotes(budget, "the number of samples")
    try Certificate.checkAlpha(alpha)
    if let wrong = radii.first(where: { !($0.isFinite && $0 >= 0) }) {
      throw UsageError("a radius must be a finite number, not negative: \(wrong)")
    }
  }

  /// Files hold a rule's parameters in one form.
  func requireForm(_ found: CertificationRule.Parameters) throws {
    guard parameters == found else { throw UsageError("targets ascend, each once, or else there is a tolerance") }
  }
}

extension AnytimeRule {
  public func contradiction(inVotes votes: Int) -> Contradiction? {
    votes <= budget
      ? nil
      : Contradiction(
        "more votes than the budget", field: "samples", expected: "at most \(budget)", found: "\(votes)")
  }

  public func examine(_ claim: ClaimedCount) -> Examination {
    var examination = Examination()
    guard let bound = claim.bound else {
      examination.require(false, "bound", "absent, though the number of votes is not fixed")
      return examination
    }
    examination.require(bound.alpha, alpha, "bound.alpha", "not the run's level")
    examination.require(bound.rule, Self.boundKind)
    let failed = claim.samples - claim.successes
    // A prefix of the votes that ends in a success and has no more votes of either kind than all of them.
    let isPrefix =
      (0...claim.samples).contains(bound.samples) && (0...bound.samples).contains(bound.successes)
      && bound.successes <= claim.successes && bound.samples - bound.successes <= failed
      && (bound.successes > 0) == (bound.samples > 0) && (claim.successes > 0) == (bound.successes > 0)
    examination.require(
      isPrefix, "bound", "no prefix of the votes",
      expected: "at most \(claim.successes) votes for and \(failed) against class \(claim.candidate)",
      found: "\(bound.successes) of \(bound.samples)")
    examineStop(claim, &examination)
    guard examination.contradictions.isEmpty else { return examination }
    let attained = Bound(kind: Self.boundKind, successes: bound.successes, samples: bound.samples, alpha: alpha)
    let final = Bound(kind: Self.boundKind, successes: claim.successes, samples: claim.samples, alpha: alpha)
    examination.require(
      final.value <= attained.value, "bound", "not where the bound was largest: all votes give a larger one",
      expected: "at least \(final.value)", found: "\(attained.value)")
    examination.bound = attained
    return examination
  }

  private func examineStop(_ claim: ClaimedCount, _ examination: inout Examination) {
    let reason = claim.stopReason.flatMap(StopReason.init(rawValue:))
    if reason == .budget {
      examination.require(claim.samples, budget, "samples", "the budget is not spent")
    } else if case .decided(let kind)? = reason, let other = kind.type as? any AnytimeRule.Type {
      examination.require(
        kind == Self.kind && canEndEarly, "stopReason", other.lack, found: claim.stopReason)
    } else {
      let reasons = CertificationRule.Kind.allCases.filter { $0.type is any AnytimeRule.Type }.map(\.rawValue)
      examination.require(
        false, "stopReason", "no reason to stop",
        expected: "\(reasons.joined(separator: ", ")) or \(StopReason.budget.rawValue)",
        found: claim.stopReason ?? "nothing")
    }
  }
}
