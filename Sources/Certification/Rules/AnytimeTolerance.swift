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

  private struct Goal: AnytimeGoal {
    /// Shares of agreement are not counted on whose posterior probability is below this.
    static let incredible = 0.01

    let rule: AnytimeTolerance
    let sigma: PixelNoise

    func isReached(by count: AnytimeCount) -> Bool {
      guard rule.tolerance > 0, count.looksAhead else { return false }
      let now = CertifiedRadius.radius(sigma: sigma.sigma, lowerBound: count.lower.bound) ?? 0
      // At best the remaining votes agree as often as the votes so far make credible.
      let rest = Futility.prediction(
        successes: count.lower.successes, trials: count.lower.trials, budget: rule.budget)
      let credible = BetaDistribution(a: rest.a, b: rest.b).quantile(survival: Self.incredible)
      let remaining = rule.budget - count.lower.trials
      let successes =
        count.lower.successes + Int((Double(remaining) * min(credible, count.upper.bound)).rounded(.up))
      let final = ConfidenceSequence.lowerBound(
        successes: min(successes, rule.budget), trials: rule.budget, alpha: rule.alpha)
      let then = CertifiedRadius.radius(sigma: sigma.sigma, lowerBound: final) ?? 0
      return then - now < rule.tolerance
    }

    func votesNeeded(after count: AnytimeCount) -> Int? { nil }
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

  public var caveat: RadiusCaveat? { nil }
}
