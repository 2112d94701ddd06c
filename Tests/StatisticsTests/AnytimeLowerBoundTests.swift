import Statistics
import TestSupport
import Testing

@Suite("The running anytime-valid lower bound")
struct AnytimeLowerBoundTests {
  @Test(
    "is the maximum over every prefix, and names the first prefix that attains it",
    arguments: [0.02, 0.5, 0.8, 0.95, 0.995])
  func maximum(probability: Double) {
    for alpha in [1e-6, 0.001, 0.3] {
      for seed in 0..<8 as Range<UInt64> {
        var running = AnytimeLowerBound(alpha: alpha)
        var best = (bound: 0.0, successes: 0, trials: 0)
        var successes = 0
        for (index, vote) in SplitMix64.votes(400, probability, seed: seed).enumerated() {
          running.add(success: vote)
          successes += vote ? 1 : 0
          let bound = ConfidenceSequence.lowerBound(successes: successes, trials: index + 1, alpha: alpha)
          if bound > best.bound { best = (bound, successes, index + 1) }
          #expect(running.bound == best.bound && running.successes == successes && running.trials == index + 1)
          #expect(running.attained == .init(successes: best.successes, trials: best.trials))
        }
      }
    }
  }

  @Test("is recomputed from the prefix alone")
  func recomputation() {
    var running = AnytimeLowerBound(alpha: 0.001)
    for vote in SplitMix64.votes(5000, 0.97, seed: 11) { running.add(success: vote) }
    #expect(
      ConfidenceSequence.lowerBound(
        successes: running.attained.successes, trials: running.attained.trials, alpha: running.alpha)
        == running.bound)
  }

  @Test("never falls, whatever comes")
  func kept() {
    var running = AnytimeLowerBound(alpha: 0.01)
    for _ in 0..<100 { running.add(success: true) }
    let bound = running.bound
    for _ in 0..<1000 { running.add(success: false) }
    #expect(running.bound == bound && running.attained == .init(successes: 100, trials: 100))
    #expect(running.successes == 100 && running.trials == 1100)
  }

  @Test("starts from nothing")
  func start() {
    var running = AnytimeLowerBound(alpha: 0.01)
    #expect(running.bound == 0 && running.attained == .init(successes: 0, trials: 0))
    running.add(success: false)
    #expect(running.bound == 0 && running.attained.trials == 0 && running.trials == 1)
  }
}
