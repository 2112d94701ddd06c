import Foundation
import Statistics
import TestSupport
import Testing

/// `Fixtures/confidence_sequences.json`, made by `python3 Tests/StatisticsTests/Fixtures/make_confidence_sequences.py`:
/// mpmath's values with 70 digits, bounds rounded down to `Double`, evidence to nearest.
struct ConfidenceSequenceValues: Decodable {
  struct Bound: Decodable {
    let successes: Int
    let trials: Int
    let alpha: Double
    let value: Double
  }

  struct Evidence: Decodable {
    let successes: Int
    let trials: Int
    let probability: Double
    let value: Double
  }

  let bounds: [Bound]
  let evidence: [Evidence]

  static func load() throws -> ConfidenceSequenceValues {
    let url = Repository.root.appendingPathComponent("Tests/StatisticsTests/Fixtures/confidence_sequences.json")
    return try JSONDecoder().decode(ConfidenceSequenceValues.self, from: Data(contentsOf: url))
  }
}

@Suite("The anytime-valid bounds")
struct ConfidenceSequenceTests {
  /// What the bound gives away for certain rounding errors: its documented 1e-11, relatively.
  private static let givenAway = 1e-11

  @Test("equal mpmath's to 1e-11 and never exceed them, up to ten million trials and down to α = 1e-300")
  func reference() throws {
    let rows = try ConfidenceSequenceValues.load().bounds
    #expect(rows.count > 200)
    for row in rows {
      let value = ConfidenceSequence.lowerBound(successes: row.successes, trials: row.trials, alpha: row.alpha)
      #expect(value <= row.value, "\(row): \(value)")
      #expect(value >= row.value * (1 - Self.givenAway), "\(row): \(value)")
    }
  }

  @Test("weigh the evidence as mpmath does, below, at and above k/n, where the tail is smaller than any Double")
  func evidence() throws {
    let rows = try ConfidenceSequenceValues.load().evidence
    #expect(rows.count > 250)
    var underflowing = 0
    for row in rows {
      let value = ConfidenceSequence.logEvidence(
        successes: row.successes, trials: row.trials, against: row.probability)
      #expect(abs(value - row.value) <= 1e-12 * max(1, abs(row.value)), "\(row): \(value)")
      let k = Double(row.successes)
      let n = Double(row.trials)
      if BetaDistribution(a: k + 0.5, b: n - k + 0.5).survival(row.probability) == 0 {
        underflowing += 1
        #expect(value < 0, "no evidence, but \(row): \(value)")
      }
    }
    #expect(underflowing >= 3)
  }

  @Test("are certified where they stand and no longer 1e-10 above", arguments: [1e-12, 1e-3, 0.05, 0.4])
  func definition(alpha: Double) {
    for (successes, trials) in Self.counts where successes > 0 {
      let bound = ConfidenceSequence.lowerBound(successes: successes, trials: trials, alpha: alpha)
      let place: Comment = "\(successes) of \(trials): \(bound)"
      #expect(bound > 0 && bound < Double(successes) / Double(trials), place)
      let at = ConfidenceSequence.logEvidence(successes: successes, trials: trials, against: bound)
      #expect(at >= -log(alpha), place)
      // Or as near as doubles stand.
      let above = bound + max(1e-10 * min(bound, 1 - bound), 8 * bound.ulp)
      #expect(
        ConfidenceSequence.logEvidence(successes: successes, trials: trials, against: above) < -log(alpha), place)
    }
  }

  @Test("rest on evidence that falls in p up to k/n, and is none from there on")
  func monotoneEvidence() {
    for (successes, trials) in Self.counts {
      let share = Double(successes) / Double(trials)
      var last = Double.infinity
      for step in 1..<200 {
        let p = share * Double(step) / 200
        guard p > 0 else { break }
        let value = ConfidenceSequence.logEvidence(successes: successes, trials: trials, against: p)
        #expect(value < last, "\(successes) of \(trials) at \(p)")
        last = value
      }
      for p in [share, (1 + share) / 2, 0.999 + 0.001 * share] where p > 0 && p < 1 && p >= share {
        let value = ConfidenceSequence.logEvidence(successes: successes, trials: trials, against: p)
        #expect(value <= 1e-12, "\(successes) of \(trials) at \(p)")
      }
    }
  }

  @Test("rise with k, with every success and with α; fall with every failure", arguments: [1e-9, 1e-3, 0.2])
  func monotoneBounds(alpha: Double) {
    for (successes, trials) in Self.counts where successes > 0 {
      let bound = ConfidenceSequence.lowerBound(successes: successes, trials: trials, alpha: alpha)
      let place: Comment = "\(successes) of \(trials)"
      #expect(bound < ConfidenceSequence.lowerBound(successes: successes + 1, trials: trials + 1, alpha: alpha), place)
      #expect(bound > ConfidenceSequence.lowerBound(successes: successes, trials: trials + 1, alpha: alpha), place)
      #expect(bound < ConfidenceSequence.lowerBound(successes: successes, trials: trials, alpha: 1.5 * alpha), place)
      if successes < trials {
        #expect(bound < ConfidenceSequence.lowerBound(successes: successes + 1, trials: trials, alpha: alpha), place)
      }
    }
  }

  /// The price of looking after every trial.
  @Test(
    "are weaker than Clopper–Pearson's at a fixed n, and above ½ not weaker than at α/(12·√n)",
    arguments: [1e-6, 1e-3, 0.05])
  func price(alpha: Double) {
    for (successes, trials) in Self.counts where 2 * successes >= trials {
      let bound = ConfidenceSequence.lowerBound(successes: successes, trials: trials, alpha: alpha)
      let tail = BinomialTest.greater(successes: successes, trials: trials, probability: bound)
      let place: Comment = "\(successes) of \(trials): p-value \(tail)"
      #expect(tail < alpha, place)
      #expect(tail > alpha / (12 * Double(trials).squareRoot()), place)
    }
  }

  @Test("have a mirrored upper side, rounded up")
  func mirrored() {
    for (successes, trials) in Self.counts {
      let upper = ConfidenceSequence.upperBound(successes: successes, trials: trials, alpha: 0.01)
      let lower = ConfidenceSequence.lowerBound(successes: trials - successes, trials: trials, alpha: 0.01)
      #expect(upper >= 1 - lower && upper <= (1 - lower).nextUp && upper > Double(successes) / Double(trials) - 1e-15)
      #expect(lower == 0 ? upper == 1 : upper < 1)
    }
    #expect(ConfidenceSequence.upperBound(successes: 0, trials: 0, alpha: 0.01) == 1)
    #expect(ConfidenceSequence.upperBound(successes: 7, trials: 7, alpha: 0.01) == 1)
  }

  @Test("know nothing without a success, and carry no evidence before the first trial")
  func nothing() {
    for trials in [0, 1, 100, 1_000_000] {
      #expect(ConfidenceSequence.lowerBound(successes: 0, trials: trials, alpha: 0.999) == 0)
    }
    #expect(ConfidenceSequence.logEvidence(successes: 0, trials: 0, against: 0.3) == 0)
  }

  @Test("count the trials that a bound needs", arguments: [0, 1, 7])
  func trialsNeeded(failures: Int) throws {
    for bound in [0.3, 0.6, 0.99, 0.9987] {
      let needed = try #require(ConfidenceSequence.trialsNeeded(toReach: bound, failures: failures, alpha: 0.001))
      func reached(_ n: Int) -> Double {
        ConfidenceSequence.lowerBound(successes: n - failures, trials: n, alpha: 0.001)
      }
      #expect(reached(needed) >= bound && reached(needed - 1) < bound)
      #expect(
        ConfidenceSequence.trialsNeeded(toReach: bound, failures: failures, alpha: 0.001, limit: needed - 1) == nil)
      #expect(
        ConfidenceSequence.trialsNeeded(toReach: bound, failures: failures, alpha: 0.001, limit: needed) == needed)
    }
    // No count of trials certifies a probability that rounds to 1.
    #expect(ConfidenceSequence.trialsNeeded(toReach: 1.0.nextDown, failures: failures, alpha: 0.001) == nil)
  }

  /// All counts of few trials, and counts of many that are few and many, near ½ and near the ends.
  private static let counts: [(Int, Int)] = {
    var counts: [(Int, Int)] = []
    for trials in 1...20 {
      for successes in 0...trials { counts.append((successes, trials)) }
    }
    for trials in [100, 997, 10_000, 100_000, 3_000_000] {
      for failures in [0, 1, 10, trials / 10, trials / 2 - 1, trials / 2, trials - 2, trials - 1] {
        counts.append((trials - failures, trials))
      }
    }
    return counts
  }()

  @Test("the successes needed are the least that suffice")
  func successesNeeded() {
    for (bound, trials) in [(0.5, 20), (0.84, 500), (0.977, 3000), (0.1, 7), (0.999, 10_000)] {
      guard let needed = ConfidenceSequence.successesNeeded(toReach: bound, trials: trials, alpha: 0.001) else {
        #expect(ConfidenceSequence.lowerBound(successes: trials, trials: trials, alpha: 0.001) < bound)
        continue
      }
      #expect(ConfidenceSequence.lowerBound(successes: needed, trials: trials, alpha: 0.001) >= bound)
      #expect(ConfidenceSequence.lowerBound(successes: needed - 1, trials: trials, alpha: 0.001) < bound)
    }
    #expect(ConfidenceSequence.successesNeeded(toReach: 0.9, trials: 0, alpha: 0.001) == nil)
    #expect(ConfidenceSequence.successesNeeded(toReach: 0.9, trials: 40, alpha: 0.001) == nil)
  }
}
