import Basics
import Statistics

/// The anytime rule that goes for the largest radius and stops when it can grow by less than a tolerance.
public struct AnytimeTolerance: AnytimeRule {
  /// n₀.
  public let selectionSamples: Int
  /// The most estimation votes.
  public let budget: Int
  /// α.
  public let alpha: Double
  /// In pixels; with 0 all votes in the budget are cast.
  public let tolerance: Double

  /// - Throws: `UsageError` unless n₀ and the budget are positive, α lies strictly between 0 and 1, and the tolerance is
  ///   finite and not negative.
  public init(selectionSamples: Int, budget: Int, alpha: Double, tolerance: Double) throws {
    try Self.check(selectionSamples: selectionSamples, budget: budget, alpha: alpha, radii: [tolerance])
    self.selectionSamples = selectionSamples
    self.budget = budget
    self.alpha = alpha
    self.tolerance = tolerance
  }

  public func callAsFunction(
    _ source: some VoteSource, sigma: PixelNoise, onProgress: (AnytimeProgress) -> Void
  ) async throws -> CertifyResult {
    try await count(source, sigma: sigma, goal: Goal(rule: self, sigma: sigma), onProgress: onProgress)
  }

  public func recount(_ against: VotesAgainst, of samples: Int, sigma: PixelNoise) -> Recount {
    recount(against, of: samples, goal: Goal(rule: self, sigma: sigma))
  }

  fileprivate struct Goal: AnytimeGoal {
    /// Shares of agreement are not counted on whose posterior probability is below this.
    static let incredible = 0.01

    let rule: AnytimeTolerance
    let sigma: PixelNoise

    func isReached(by count: AnytimeCount) -> Bool {
      rule.tolerance > 0 && count.looksAhead
        && growth(
          successes: count.lower.successes, trials: count.lower.trials, bound: count.lower.bound,
          upperBound: count.upper.bound) < rule.tolerance
    }

    /// By how much the radius can grow, rising with the bound from above.
    func growth(successes: Int, trials: Int, bound: Double, upperBound: Double) -> Double {
      let now = CertifiedRadius.radius(sigma: sigma.sigma, lowerBound: bound) ?? 0
      // At best the remaining votes agree as often as the votes so far make credible.
      let rest = Futility.prediction(successes: successes, trials: trials, budget: rule.budget)
      let credible = BetaDistribution(a: rest.a, b: rest.b).quantile(survival: Self.incredible)
      let remaining = rule.budget - trials
      let agreeing = successes + Int((Double(remaining) * min(credible, upperBound)).rounded(.up))
      let final = ConfidenceSequence.lowerBound(
        successes: min(agreeing, rule.budget), trials: rule.budget, alpha: rule.alpha)
      let then = CertifiedRadius.radius(sigma: sigma.sigma, lowerBound: final) ?? 0
      return then - now
    }

    func votesNeeded(after count: AnytimeCount) -> Int? { nil }
  }
}

extension AnytimeTolerance {
  public func contradiction(inStopOf claim: ClaimedCount, bound: Bound, sigma: PixelNoise) -> Contradiction? {
    guard tolerance > 0 else { return nil }
    let isDecided = claim.stopReason.flatMap(StopReason.init(rawValue:)) == .tolerance
    guard AnytimeCount.looksAhead(after: claim.samples) else {
      return isDecided
        ? Contradiction(
          "the tolerance is not looked at there", field: "samples", expected: "a multiple of \(Futility.interval)",
          found: "\(claim.samples)")
        : nil
    }
    let upper = claim.upperBounds(bound)
    func growth(_ upperBound: Double) -> Double {
      Goal(rule: self, sigma: sigma).growth(
        successes: claim.successes, trials: claim.samples, bound: bound.value, upperBound: upperBound)
    }
    if isDecided, growth(upper.lowerBound) >= tolerance {
      return Contradiction(
        "the radius could grow by more than the tolerance in any order of votes", field: "samples",
        found: "\(claim.samples)")
    }
    if !isDecided, growth(upper.upperBound) < tolerance {
      return Contradiction(
        "the radius could not grow by the tolerance any more, and the budget is no reason to end", field: "stopReason",
        expected: StopReason.tolerance.rawValue, found: claim.stopReason)
    }
    return nil
  }
}

extension CertificationRule {
  /// As soon as the radius can grow by less than a tolerance.
  public static func tolerance(_ rule: AnytimeTolerance) -> CertificationRule { CertificationRule(rule) }
}

extension AnytimeTolerance {
  public static let kind = CertificationRule.Kind.tolerance
  public static let lack = "the run has no tolerance"

  public var canEndEarly: Bool { tolerance > 0 }

  public static func isMeant(by parameters: CertificationRule.Parameters) -> Bool { parameters.targetRadii == nil }

  public init(_ parameters: CertificationRule.Parameters) throws {
    try self.init(
      selectionSamples: parameters.selectionSamples, budget: parameters.samples, alpha: parameters.alpha,
      tolerance: parameters.radiusTolerance ?? 0)
    try requireForm(parameters)
  }

  public var parameters: CertificationRule.Parameters { .init(self, radiusTolerance: tolerance) }

  public var summary: String {
    "\(Self.summaryStart); voting ends when the radius can grow by no more than \(DecimalText.radius(tolerance))"
  }

  public var caveat: RadiusCaveat? {
    guard canEndEarly else { return nil }
    return RadiusCaveat(
      mark: "tolerance-stopped",
      note:
        "Voting stopped as soon as the radius could grow by no more than \(DecimalText.radius(tolerance)). The ACR and "
        + "the radii say where voting stopped: they are not comparable with those of other runs.",
      comparison: "stopped voting when its radius could hardly grow: its radii say where that was and are not "
        + "comparable, and no difference of radii is given.",
      warning:
        "ACR is not comparable: at least one run stopped voting when its radius could hardly grow, so its radii, and "
        + "their average, say where voting stopped. At radii that further votes could have brought, certified accuracy "
        + "is too small.")
  }
}
