import Basics
import Certification
import Classifiers
import Foundation
import Statistics
import TestSupport
import Testing

@Suite struct AnytimeTargetsTests {
  static let sigma = PixelNoise(0.5)

  private func rule(budget: Int = 10_000, targets: [Double]) throws -> AnytimeTargets {
    try AnytimeTargets(selectionSamples: 5, budget: budget, alpha: 0.001, targets: targets)
  }

  @Test func `stops at the very vote that certifies the farthest target`() async throws {
    let rule = try rule(targets: [1, 0.25])
    let result = try await rule(ScriptedVotes { _ in false }, sigma: Self.sigma)
    let needed = try #require(rule.votesNeeded(for: 1, sigma: Self.sigma))
    #expect(result.estimation.counts.total == needed)
    #expect(result.stopReason == .targets)
    #expect(try #require(result.outcome.radius) >= 1)
    #expect(
      ConfidenceSequence.lowerBound(successes: needed - 1, trials: needed - 1, alpha: 0.001) < NormalDistribution.cdf(2)
    )
  }

  @Test func `gives up on targets that the votes put out of reach`() async throws {
    let script = ScriptedVotes { $0 % 4 == 0 }
    let result = try await rule(targets: [0.75, 1])(script, sigma: Self.sigma)
    #expect(result.stopReason == .targets)
    #expect(result.estimation.counts.total < 200)
    // The nearer target is certified although the farther one is hopeless.
    let partly = try await rule(targets: [0.05, 1])(script, sigma: Self.sigma)
    #expect(try #require(partly.outcome.radius) >= 0.05)
    #expect(partly.outcome.radius.map { $0 < 0.4 } == true)
  }

  @Test func `gives up where the budget cannot change the answer, and loses hardly an image by it`() async throws {
    // Probabilities as the predicting posterior expects them, and votes of a generator of their own.
    let rule = try rule(budget: 400, targets: [0.5])
    let needed = try #require(
      ConfidenceSequence.successesNeeded(toReach: NormalDistribution.cdf(1), trials: 400, alpha: 0.001))
    var givenUp = 0
    var lost = 0
    var votesUntilGivenUp = 0
    for image in 0..<2000 {
      var generator = SplitMix64(state: 9000 &+ UInt64(image))
      // The arcsine law, Beta(½, ½).
      let sine = Foundation.sin(Double.pi / 2 * Double.random(in: 0..<1, using: &generator))
      let agrees = (0..<400).map { _ in Double.random(in: 0..<1, using: &generator) < sine * sine }
      let result = try await rule(ScriptedVotes { !agrees[$0] }, sigma: Self.sigma)
      guard result.stopReason == .targets, result.outcome.radius.map({ $0 < 0.5 }) ?? true else { continue }
      givenUp += 1
      votesUntilGivenUp += result.estimation.counts.total
      if agrees.count(where: { $0 }) >= needed { lost += 1 }
    }
    // Predicted chances are a martingale: of about 1200 given up, 1.2 is the mean allowed; 8 has a chance below 1e-4.
    #expect(givenUp > 1000 && lost < 8, "\(lost) of \(givenUp)")
    #expect(votesUntilGivenUp < 60 * givenUp, "\(votesUntilGivenUp) votes for \(givenUp)")
  }

  /// Docs/Statistics.md states 1 %, and FutilityTests holds a simulation of many more images against it.
  @Test func `gives up hardly an image at p = 0.86 that the budget would have certified`() async throws {
    let rule = try rule(budget: 10_000, targets: [0.5])
    let bound = try #require(CertifiedRadius.lowerBoundNeeded(for: 0.5, sigma: Self.sigma.sigma))
    let images = 300
    var lost = 0
    for image in 0..<images {
      let agrees = SplitMix64.votes(10_000, 0.86, seed: 700 + UInt64(image))
      let result = try await rule(ScriptedVotes { !agrees[$0] }, sigma: Self.sigma)
      guard result.stopReason == .targets, result.outcome.radius.map({ $0 < 0.5 }) ?? true else { continue }
      var running = AnytimeLowerBound(alpha: 0.001)
      for vote in agrees where running.bound < bound { running.add(success: vote) }
      if running.bound >= bound { lost += 1 }
    }
    // Of 300 at 1 %, more than 10 have a chance below 1e-3; at the 6.5 % of a hopeless chance of 0.01, above 0.98.
    #expect(lost <= 10, "\(lost) of \(images)")
  }

  @Test func `votes beyond the stop are paid for and not looked at`() async throws {
    let script = ScriptedVotes { $0 == 3 }
    let result = try await rule(targets: [0.25])(script, sigma: Self.sigma)
    let asked = script.asked.withLock { $0 }
    let cast = try #require(asked.last?.upperBound)
    let counted = result.estimation.counts.total
    #expect(result.discardedEvaluations == (counted..<cast).reduce(0, +))
    #expect(result.evaluations == (0..<cast).reduce(0, +) + (0..<5).reduce(0, +))
    // Contiguous prefixes: nothing skipped, nothing asked for twice.
    #expect(zip(asked, asked.dropFirst()).allSatisfy { $0.upperBound == $1.lowerBound } && asked[0].lowerBound == 0)
  }

  @Test func `a target beyond the budget counts as hopeless from the start`() async throws {
    let rule = try rule(budget: 300, targets: [1])
    #expect(rule.votesNeeded(for: 1, sigma: Self.sigma) == nil)
    let result = try await rule(ScriptedVotes { _ in false }, sigma: Self.sigma)
    #expect(result.estimation.counts.total == 0 && result.outcome == .abstained)
  }

  @Test(arguments: [
    (0, 10, 0.1, [0.5]), (5, 0, 0.1, [0.5]), (5, 10, 0, [0.5]), (5, 10, 1, [0.5]), (5, 10, 0.1, [-0.5]),
    (5, 10, 0.1, [.infinity]), (5, 10, 0.1, []),
  ])
  func `impossible options are usage errors`(selection: Int, budget: Int, alpha: Double, targets: [Double]) {
    #expect(throws: UsageError.self) {
      try AnytimeTargets(selectionSamples: selection, budget: budget, alpha: alpha, targets: targets)
    }
  }
}
