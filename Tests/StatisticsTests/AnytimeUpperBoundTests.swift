import Statistics
import TestSupport
import Testing

@Suite("The running anytime-valid upper bound")
struct AnytimeUpperBoundTests {
  @Test("mirrors the lower bound of the failures", arguments: [0.05, 0.5, 0.9])
  func mirrored(probability: Double) {
    var upper = AnytimeUpperBound(alpha: 0.01)
    var lower = AnytimeLowerBound(alpha: 0.01)
    for vote in SplitMix64.votes(1000, probability, seed: 3) {
      upper.add(success: vote)
      lower.add(success: !vote)
      #expect(upper.bound >= 1 - lower.bound && upper.bound <= (1 - lower.bound).nextUp)
      #expect(upper.successes == lower.trials - lower.successes && upper.trials == lower.trials)
    }
    #expect(upper.attained.trials == lower.attained.trials && upper.alpha == 0.01)
    #expect(
      ConfidenceSequence.upperBound(
        successes: upper.attained.successes, trials: upper.attained.trials, alpha: upper.alpha) == upper.bound)
  }
}
