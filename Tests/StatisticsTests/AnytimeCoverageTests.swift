import Statistics
import Testing

@Suite("Coverage of the anytime-valid bound at every stopping time")
struct AnytimeCoverageTests {
  static let probabilities = [0.5, 0.6, 0.8, 0.9, 0.97, 0.99, 0.999]
  static let alphas = [0.05, 0.001]
  static let repetitions = 20_000

  /// 2000 votes, and as many as it takes to see 40 failures: fewer votes than 1/(1 − p) can certify nothing.
  static func horizon(_ probability: Double) -> Int { max(2000, Int(40 / (1 - probability))) }

  static func boundary(_ probability: Double, alpha: Double, horizon: Int) -> CrossingBoundary {
    CrossingBoundary(probability: probability, horizon: horizon) {
      ConfidenceSequence.lowerBound(successes: $0, trials: $1, alpha: alpha)
    }
  }

  /// Fewer will do for faults that err far more often than α.
  static let repetitionsOfGrossFaults = 4000

  /// How many of the same simulated paths each of the rules sees violated.
  static func violations(
    _ probability: Double, horizon: Int, repetitions: Int = repetitions, seed: UInt64,
    rules: [(_ failuresAt: [Int]) -> Bool]
  ) -> [CoverageExperiment] {
    var paths = VotePaths(probability: probability, horizon: horizon, seed: seed)
    var violations = rules.map { _ in 0 }
    var places: [Int] = []
    for _ in 0..<repetitions {
      paths.next(into: &places)
      for (index, isViolated) in rules.enumerated() where isViolated(places) { violations[index] += 1 }
    }
    return violations.map { CoverageExperiment(repetitions: repetitions, violations: $0) }
  }

  /// The probability that a rule violated this often is found out at level α.
  static func power(rate: Double, alpha: Double, repetitions: Int) -> Double {
    let most = (0...repetitions).first {
      !CoverageExperiment(repetitions: repetitions, violations: $0).isConsistent(withLevel: alpha)
    }
    guard let most else { return 0 }
    return BinomialDistribution(trials: repetitions, probability: rate).survival(most - 1)
  }

  @Test("exceeds the truth at any of 2000 votes or more no more often than α", arguments: probabilities)
  func simulation(probability: Double) {
    let horizon = Self.horizon(probability)
    let boundaries = Self.alphas.map { Self.boundary(probability, alpha: $0, horizon: horizon) }
    let found = Self.violations(
      probability, horizon: horizon, seed: probability.bitPattern,
      rules: boundaries.map { boundary in { boundary.isCrossed(failuresAt: $0) } })
    for ((alpha, boundary), coverage) in zip(zip(Self.alphas, boundaries), found) {
      #expect(coverage.isConsistent(withLevel: alpha), "α = \(alpha): violated \(coverage.violations) times")
      // And as often as it must be: the simulation does see violations.
      let exact = boundary.crossingProbability()
      let agreement = BinomialTest.twoSided(
        successes: coverage.violations, trials: coverage.repetitions, probability: exact)
      #expect(agreement > 1e-4, "α = \(alpha): \(coverage.violations) violations at a rate of \(exact)")
    }
  }

  @Test("exceeds it with a probability of at most α, exactly", arguments: probabilities + [0.02, 0.3, 0.75, 0.95])
  func exact(probability: Double) {
    for alpha in [0.5, 0.2, 0.05, 0.001, 1e-9] {
      for horizon in [10, 300, Self.horizon(probability)] {
        let exact = Self.boundary(probability, alpha: alpha, horizon: horizon).crossingProbability()
        #expect(exact <= alpha, "α = \(alpha), \(horizon) votes: \(exact)")
      }
    }
  }

  @Test("spends more than half of its α: it is no bound that never errs", arguments: probabilities)
  func isNotVacuous(probability: Double) {
    for alpha in Self.alphas {
      let exact = Self.boundary(probability, alpha: alpha, horizon: Self.horizon(probability)).crossingProbability()
      #expect(exact > alpha / 2, "α = \(alpha): \(exact)")
    }
  }

  /// Votes one by one through the accumulator, against the boundary that the simulations use.
  @Test("is violated by the running bound exactly where the boundary says", arguments: [0.5, 0.9, 0.99])
  func accumulator(probability: Double) {
    let horizon = 400
    let boundary = Self.boundary(probability, alpha: 0.2, horizon: horizon)
    var paths = VotePaths(probability: probability, horizon: horizon, seed: 5)
    var places: [Int] = []
    var violations = 0
    for _ in 0..<300 {
      paths.next(into: &places)
      var running = AnytimeLowerBound(alpha: 0.2)
      var rest = places[...]
      for vote in 1...horizon {
        let failed = rest.first == vote
        if failed { rest.removeFirst() }
        running.add(success: !failed)
      }
      #expect((running.bound > probability) == boundary.isCrossed(failuresAt: places))
      violations += running.bound > probability ? 1 : 0
    }
    #expect(violations > 5)
  }

  @Test("would be found out if a bound for a fixed n were looked at after every vote", arguments: probabilities)
  func plantedPeeking(probability: Double) {
    let horizon = Self.horizon(probability)
    for alpha in Self.alphas {
      let peeking = CrossingBoundary(probability: probability, horizon: horizon) {
        ClopperPearson.lowerBound(successes: $0, trials: $1, alpha: alpha)
      }
      expectFoundOut(
        peeking.crossingProbability(), probability, alpha: alpha, horizon: horizon,
        repetitions: Self.repetitionsOfGrossFaults,
        rule: { peeking.isCrossed(failuresAt: $0) })
    }
  }

  @Test("would be found out if α were spent twice", arguments: [0.5, 0.6, 0.8, 0.9, 0.97, 0.99])
  func plantedDoubleAlpha(probability: Double) {
    let horizon = Self.horizon(probability)
    let doubled = Self.boundary(probability, alpha: 2 * 0.05, horizon: horizon)
    expectFoundOut(
      doubled.crossingProbability(), probability, alpha: 0.05, horizon: horizon, repetitions: Self.repetitions,
      rule: { doubled.isCrossed(failuresAt: $0) })
  }

  /// 64 votes at a time, of which those that succeed finish first.
  @Test("would be found out if votes were counted in the order in which they finish", arguments: [0.5, 0.6, 0.8, 0.9])
  func plantedCompletionOrder(probability: Double) {
    let horizon = 3200
    for alpha in Self.alphas {
      let boundary = Self.boundary(probability, alpha: alpha, horizon: horizon)
      expectFoundOut(
        boundary.crossingProbability(completionOrderIn: 64), probability, alpha: alpha, horizon: horizon,
        repetitions: Self.repetitionsOfGrossFaults,
        rule: { boundary.isCrossed(failuresAt: $0, completionOrderIn: 64) })
    }
  }

  /// That a rule violated at so exact a rate is found out with a probability above 0.99, and was.
  private func expectFoundOut(
    _ rate: Double, _ probability: Double, alpha: Double, horizon: Int, repetitions: Int,
    rule: @escaping (_ failuresAt: [Int]) -> Bool
  ) {
    let place = "p = \(probability), α = \(alpha), rate \(rate)"
    let power = Self.power(rate: rate, alpha: alpha, repetitions: repetitions)
    #expect(power > 0.99, "\(place): power \(power)")
    let found = Self.violations(
      probability, horizon: horizon, repetitions: repetitions, seed: ~probability.bitPattern, rules: [rule])[0]
    #expect(!found.isConsistent(withLevel: alpha), "\(place): violated \(found.violations) times")
    // The simulation is of what the rate was computed for.
    let agreement = BinomialTest.twoSided(successes: found.violations, trials: found.repetitions, probability: rate)
    #expect(agreement > 1e-4, "\(place): violated \(found.violations) times")
  }
}
