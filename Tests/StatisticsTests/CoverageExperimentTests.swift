import Statistics
import TestSupport
import Testing

@Suite("Coverage of the Clopper–Pearson bound")
struct CoverageExperimentTests {
  struct Setting: Sendable, CustomTestStringConvertible {
    let probability: Double
    let trials: Int
    let alpha: Double
    var testDescription: String { "p = \(probability), n = \(trials), α = \(alpha)" }
    static let repetitions = 40_000

    var seed: UInt64 { probability.bitPattern ^ UInt64(trials) << 8 ^ alpha.bitPattern >> 3 }

    /// Certifications by `bound` of simulated votes.
    func coverage(bound: (_ successes: Int) -> Double) -> CoverageExperiment {
      var random = SplitMix64(state: seed)
      let bounds = (0...trials).map(bound)
      // A vote succeeds where its 64 bits fall below p·2⁶⁴.
      let threshold = UInt64(probability * 0x1p64)
      return CoverageExperiment.run(repetitions: Self.repetitions) { _ in
        var successes = 0
        for _ in 0..<trials where random.next() < threshold { successes += 1 }
        return .init(bound: bounds[successes], truth: probability)
      }
    }
  }

  static let settings = [0.503, 0.9, 0.99].flatMap { probability in
    [100, 1000].flatMap { trials in
      [0.05, 0.001].map { Setting(probability: probability, trials: trials, alpha: $0) }
    }
  }

  @Test("exceeds the truth no more often than α", arguments: settings)
  func coverage(setting: Setting) {
    let coverage = setting.coverage {
      ClopperPearson.lowerBound(successes: $0, trials: setting.trials, alpha: setting.alpha)
    }
    #expect(coverage.isConsistent(withLevel: setting.alpha), "violated \(coverage.violations) times")
    // And as often as the binomial tail says, which α bounds: the simulation does have violations to count.
    let distribution = BinomialDistribution(trials: setting.trials, probability: setting.probability)
    let exact = (0...setting.trials).reduce(0.0) { sum, k in
      let bound = ClopperPearson.lowerBound(successes: k, trials: setting.trials, alpha: setting.alpha)
      return bound > setting.probability ? sum + distribution.pmf(k) : sum
    }
    #expect(exact <= setting.alpha)
    let agreement = BinomialTest.twoSided(
      successes: coverage.violations, trials: coverage.repetitions, probability: exact)
    #expect(agreement > 1e-4, "\(coverage.violations) violations at a rate of \(exact)")
  }

  // Left out where the counts are so few that the exact bound stays far below its α, and the faulty one within it.
  @Test(
    "would be found out if α were spent twice",
    arguments: settings.filter { $0.trials == 1000 && $0.probability < 0.99 })
  func plantedDoubleAlpha(setting: Setting) {
    let coverage = setting.coverage {
      ClopperPearson.lowerBound(successes: $0, trials: setting.trials, alpha: 2 * setting.alpha)
    }
    #expect(!coverage.isConsistent(withLevel: setting.alpha), "violated \(coverage.violations) times")
  }

  @Test(
    "would be found out of the textbook's approximate bound, p̂ − z·√(p̂(1 − p̂)/n)",
    arguments: settings.filter { $0.trials == 100 && $0.probability >= 0.9 })
  func plantedApproximation(setting: Setting) {
    let z = NormalDistribution.quantile(survival: setting.alpha)
    let coverage = setting.coverage { successes in
      let share = Double(successes) / Double(setting.trials)
      return share - z * (share * (1 - share) / Double(setting.trials)).squareRoot()
    }
    #expect(!coverage.isConsistent(withLevel: setting.alpha), "violated \(coverage.violations) times")
  }

  @Test("counts bounds above the truth and bounds that are no numbers; abstentions violate nothing")
  func counting() {
    let bounds: [Double?] = [nil, 0.5, 0.6, 0.6.nextUp, 0.9, .nan]
    let coverage = CoverageExperiment.run(repetitions: bounds.count) { .init(bound: bounds[$0], truth: 0.6) }
    #expect(coverage.violations == 3 && coverage.repetitions == 6 && coverage.rate == 0.5)
    #expect(coverage.pValue(level: 0.5) == 0.65625)
  }
}
