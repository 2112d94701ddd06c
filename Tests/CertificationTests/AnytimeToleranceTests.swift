import Basics
import Certification
import Statistics
import Testing

@Suite struct AnytimeToleranceTests {
  static let sigma = PixelNoise(0.5)

  private func rule(budget: Int = 10_000, tolerance: Double = 0) throws -> AnytimeTolerance {
    try AnytimeTolerance(selectionSamples: 5, budget: budget, alpha: 0.001, tolerance: tolerance)
  }

  @Test func `the certificate's bound is the running maximum of the prefix, and its counts give it again`() async throws
  {
    // From vote 402 on every third is against: the bound falls for a while and never recovers.
    let script = ScriptedVotes { $0 >= 400 && $0 % 3 == 0 }
    let result = try await rule(budget: 600)(script, sigma: Self.sigma)
    var running = AnytimeLowerBound(alpha: 0.001)
    for vote in script.votes(0..<600, for: .estimation) { running.add(success: vote.choice == .label(0)) }
    #expect(result.certificate.pLower == running.bound)
    #expect(result.bound.samples == 402 && result.bound.successes == 402)
    #expect(result.bound.value == result.certificate.pLower)
    #expect(result.estimation.counts.perClass == [600 - 66, 66, 0])
    #expect(result.stopReason == .budget)
  }

  @Test func `without targets it goes on until the radius can hardly grow`() async throws {
    let script = ScriptedVotes { $0 % 10 == 0 }
    let loose = try await rule(tolerance: 0.2)(script, sigma: Self.sigma)
    let tight = try await rule(tolerance: 0.1)(script, sigma: Self.sigma)
    #expect(loose.stopReason == .tolerance && tight.stopReason == .tolerance)
    #expect(loose.estimation.counts.total < tight.estimation.counts.total)
    let full = try await rule(tolerance: 0)(script, sigma: Self.sigma)
    #expect(full.estimation.counts.total == 10_000)
    let gain = try #require(full.outcome.radius) - #require(loose.outcome.radius)
    #expect(gain > 0 && gain < 0.2)
  }

  @Test(
    arguments: [
      (0, 10, 0.1, 0), (5, 0, 0.1, 0), (5, 10, 0, 0), (5, 10, 1, 0), (5, 10, 0.1, .nan), (5, 10, 0.1, -1),
      (5, 10, 0.1, .infinity),
    ] as [(Int, Int, Double, Double)])
  func `impossible options are usage errors`(selection: Int, budget: Int, alpha: Double, tolerance: Double) {
    #expect(throws: UsageError.self) {
      try AnytimeTolerance(selectionSamples: selection, budget: budget, alpha: alpha, tolerance: tolerance)
    }
  }
}
