import Basics
import Statistics

/// The anytime rule that stops when every target radius is certified or out of reach.
public struct AnytimeTargets: AnytimeRule {
  /// n₀.
  public let selectionSamples: Int
  /// The most estimation votes.
  public let budget: Int
  /// α.
  public let alpha: Double
  /// Radii in pixels, ascending, each once.
  public let targets: [Double]
  /// A target is given up when the chance of certifying it, as the votes so far predict the rest, is below this.
  public let hopelessChance: Double

  /// - Throws: `UsageError` unless n₀ and the budget are positive, α lies strictly between 0 and 1, there are targets,
  ///   finite and not negative, and the chance is a probability below 1.
  public init(
    selectionSamples: Int, budget: Int, alpha: Double, targets: [Double], hopelessChance: Double = Futility.chance
  ) throws {
    try Self.check(selectionSamples: selectionSamples, budget: budget, alpha: alpha, radii: targets)
    guard !targets.isEmpty else { throw UsageError("a rule that stops at targets needs a target radius") }
    guard hopelessChance >= 0, hopelessChance < 1 else {
      throw UsageError("a chance to give up at must be at least 0 and below 1, not \(hopelessChance)")
    }
    self.selectionSamples = selectionSamples
    self.budget = budget
    self.alpha = alpha
    self.targets = Set(targets).sorted()
    self.hopelessChance = hopelessChance
  }

  public func callAsFunction(
    _ source: some VoteSource, sigma: PixelNoise, onProgress: (AnytimeProgress) -> Void
  ) async throws -> CertifyResult {
    try await count(source, sigma: sigma, goal: Goal(rule: self, sigma: sigma), onProgress: onProgress)
  }

  public func recount(_ against: VotesAgainst, of samples: Int, sigma: PixelNoise) -> Recount {
    recount(against, of: samples, goal: Goal(rule: self, sigma: sigma))
  }

  /// Targets neither certified nor given up.
  fileprivate struct Goal: AnytimeGoal {
    /// A radius to certify, and when to give it up.
    struct Target {
      var radius: Double
      var futility: Futility
    }

    let rule: AnytimeTargets
    let sigma: PixelNoise
    /// Nearest first.
    var open: [Target]

    init(rule: AnytimeTargets, sigma: PixelNoise) {
      self.rule = rule
      self.sigma = sigma
      open = rule.targets.compactMap { radius in
        guard let bound = CertifiedRadius.lowerBoundNeeded(for: radius, sigma: sigma.sigma),
          let futility = Futility(bound: bound, budget: rule.budget, alpha: rule.alpha)
        else { return nil }
        return Target(radius: radius, futility: futility)
      }
    }

    mutating func isReached(by count: AnytimeCount) -> Bool {
      if count.isBoundRaised, let radius = CertifiedRadius.radius(sigma: sigma.sigma, lowerBound: count.lower.bound) {
        open.removeAll { $0.radius <= radius }
      }
      if count.looksAhead {
        open.removeAll {
          $0.futility.isHopeless(
            successes: count.lower.successes, trials: count.lower.trials, upperBound: count.upper.bound,
            chance: rule.hopelessChance)
        }
      }
      return open.isEmpty
    }

    func votesNeeded(after count: AnytimeCount) -> Int? {
      guard let farthest = open.last else { return nil }
      return AnytimeCount.trials(
        toCertify: farthest.radius, sigma: sigma, failures: count.lower.trials - count.lower.successes,
        alpha: rule.alpha, limit: rule.budget
      ).map { $0 - count.lower.trials }
    }
  }
}

extension AnytimeTargets {
  public func contradiction(inStopOf claim: ClaimedCount, bound: Bound, sigma: PixelNoise) -> Contradiction? {
    let reachable = Goal(rule: self, sigma: sigma).open
    func contradiction(_ problem: String, expected: String? = nil) -> Contradiction {
      Contradiction(problem, field: "samples", expected: expected, found: "\(claim.samples)")
    }
    guard let farthest = reachable.last else {
      return claim.samples == 0 ? nil : contradiction("no target is within reach of the budget", expected: "0")
    }
    let radius = CertifiedRadius.radius(sigma: sigma.sigma, lowerBound: bound.value) ?? -1
    let isDecided = claim.stopReason.flatMap(StopReason.init(rawValue:)) == .targets
    // Whatever was given up before, the vote that certifies the farthest target is the last.
    if radius >= farthest.radius, !isDecided || claim.samples != bound.samples {
      return contradiction("counting ends at the vote that certifies the farthest target", expected: "\(bound.samples)")
    }
    let upper = claim.upperBounds(bound)
    func isGivenUp(_ target: Goal.Target, upperBound: Double) -> Bool {
      target.futility.isHopeless(
        successes: claim.successes, trials: claim.samples, upperBound: upperBound, chance: hopelessChance)
    }
    // The nearer a target, the later it is given up.
    let nearest = reachable.first { $0.radius > radius }
    let looksAhead = AnytimeCount.looksAhead(after: claim.samples)
    guard isDecided else {
      guard looksAhead, let nearest, isGivenUp(nearest, upperBound: upper.upperBound) else { return nil }
      return contradiction("every target was given up by then, and the budget is no reason to end")
    }
    if bound.samples == claim.samples, bound.successes > 0 {
      let before = Bound(kind: bound.kind, successes: bound.successes - 1, samples: bound.samples - 1, alpha: alpha)
      let radiusBefore = CertifiedRadius.radius(sigma: sigma.sigma, lowerBound: before.value) ?? -1
      if reachable.contains(where: { $0.radius > radiusBefore && $0.radius <= radius }) { return nil }
    }
    guard looksAhead else {
      return contradiction(
        "neither does the last vote certify a target nor are targets given up there",
        expected: "a multiple of \(Futility.interval)")
    }
    guard let nearest, !isGivenUp(nearest, upperBound: upper.lowerBound) else { return nil }
    return contradiction("the target \(DecimalText.radius(nearest.radius)) is not given up there in any order of votes")
  }
}

extension CertificationRule {
  /// As soon as every target radius is certified or out of reach.
  public static func targets(_ rule: AnytimeTargets) -> CertificationRule { CertificationRule(rule) }
}

extension AnytimeTargets {
  public static let kind = CertificationRule.Kind.targets
  public static let lack = "the run has no target radii"

  public var canEndEarly: Bool { true }

  public static func isMeant(by parameters: CertificationRule.Parameters) -> Bool {
    !(parameters.targetRadii ?? []).isEmpty
  }

  public init(_ parameters: CertificationRule.Parameters) throws {
    let targets = parameters.targetRadii ?? []
    try Self.check(
      selectionSamples: parameters.selectionSamples, budget: parameters.samples, alpha: parameters.alpha,
      radii: targets + [parameters.radiusTolerance ?? 0])
    try self.init(
      selectionSamples: parameters.selectionSamples, budget: parameters.samples, alpha: parameters.alpha,
      targets: targets, hopelessChance: parameters.hopelessChance ?? Self.chanceWhereAbsent)
    try requireForm(parameters)
  }

  public var parameters: CertificationRule.Parameters {
    .init(
      self, targetRadii: targets, hopelessChance: hopelessChance == Self.chanceWhereAbsent ? nil : hopelessChance)
  }

  /// Files of version 0.2.0 do not name the chance.
  private static let chanceWhereAbsent = 0.01

  public var summary: String {
    "\(Self.summaryStart); voting ends when the radius \(targetList) is decided"
  }

  public var caveat: RadiusCaveat? {
    RadiusCaveat(
      mark: "target-stopped",
      note:
        "Voting stopped as soon as the target radius (\(targetList)) was decided. The ACR and every radius beyond "
        + "the target say where voting stopped: they are not comparable with those of other runs.",
      comparison: "stopped voting when its target radius was decided: radii beyond it are not comparable, and no "
        + "difference of radii is given.",
      warning:
        "ACR is not comparable: at least one run stopped voting when its target radius was decided, so its radii, "
        + "and their average, say where voting stopped. Compare certified accuracy at the target radii only.")
  }

  private var targetList: String { targets.map(DecimalText.radius).joined(separator: ", ") }
}
