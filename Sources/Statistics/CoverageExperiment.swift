/// Repeated certifications with a known truth: is a lower bound violated no more often than its α allows?
///
/// A violation is a claimed bound above the true probability; an abstention violates nothing. Used to hold the bound
/// alone, the two-stage `CERTIFY` and any variant of it against the level it claims:
///
///     let coverage = CoverageExperiment.run(repetitions: 20_000) { index in
///       // Simulate certification number `index` from its own random stream.
///       .init(bound: pLower, truth: probabilities[selected])
///     }
///     #expect(coverage.isConsistent(withLevel: alpha))
///
/// and the same with a planted fault, which must come out as not consistent.
public struct CoverageExperiment: Hashable, Sendable {
  /// One certification: what was claimed, nil for an abstention, and what is true of the class it was claimed for.
  public struct Claim: Hashable, Sendable {
    public var bound: Double?
    public var truth: Double

    public init(bound: Double?, truth: Double) {
      self.bound = bound
      self.truth = truth
    }
  }

  public let repetitions: Int
  public let violations: Int

  /// - Precondition: 0 ≤ violations ≤ repetitions.
  public init(repetitions: Int, violations: Int) {
    precondition(violations >= 0 && violations <= repetitions, "\(violations) of \(repetitions)")
    self.repetitions = repetitions
    self.violations = violations
  }

  /// Counts the violations among `repetitions` claims. A bound that is not a number counts as a violation.
  public static func run(repetitions: Int, claim: (_ index: Int) throws -> Claim) rethrows -> CoverageExperiment {
    var violations = 0
    for index in 0..<repetitions {
      let claim = try claim(index)
      if let bound = claim.bound, !(bound <= claim.truth) { violations += 1 }
    }
    return CoverageExperiment(repetitions: repetitions, violations: violations)
  }

  /// The share of claims that were violated.
  public var rate: Double { Double(violations) / Double(repetitions) }

  /// The p-value of this many violations or more, were each as likely as α: one-sided exact binomial test.
  public func pValue(level alpha: Double) -> Double {
    BinomialTest.greater(successes: violations, trials: repetitions, probability: alpha)
  }

  /// Whether so many violations are believable at level α: false where the p-value is below `significance`.
  public func isConsistent(withLevel alpha: Double, significance: Double = 1e-4) -> Bool {
    pValue(level: alpha) >= significance
  }
}
