import Statistics
import TestSupport

/// Simulated images of one probability, each counted once for every threshold of giving up.
struct FutilityExperiment {
  /// What a threshold did to the images.
  struct Tally: Equatable {
    /// Certified without being given up before.
    var certified = 0
    /// Given up, and would have been certified within the budget.
    var lost = 0
    /// All votes until certified, given up or at the budget's end.
    var votes = 0
  }

  let probability: Double
  let futility: Futility
  let alpha: Double
  /// 0 gives up on the upper sequence alone.
  let chances: [Double]

  /// Below it an image counts as one that would not be certified.
  static let negligible = 1e-7

  func tallies(images: Int, seed: UInt64) -> [Tally] {
    var random = SplitMix64(state: seed)
    var tallies = chances.map { _ in Tally() }
    for _ in 0..<images { count(&random, &tallies) }
    return tallies
  }

  private func count(_ random: inout SplitMix64, _ tallies: inout [Tally]) {
    var lower = AnytimeLowerBound(alpha: alpha)
    var upper = AnytimeUpperBound(alpha: Futility.level)
    var stops: [Int?] = chances.map { _ in nil }
    var isCertified = false
    var certainlyNot = false
    while lower.trials < futility.budget, !isCertified, !(certainlyNot && stops.allSatisfy { $0 != nil }) {
      let success = random.unit() < probability
      lower.add(success: success)
      upper.add(success: success)
      isCertified = lower.bound >= futility.bound
      guard !isCertified, lower.trials % Futility.interval == 0 else { continue }
      func isHopeless(_ chance: Double) -> Bool {
        futility.isHopeless(
          successes: lower.successes, trials: lower.trials, upperBound: upper.bound, chance: chance)
      }
      certainlyNot = certainlyNot || isHopeless(Self.negligible)
      for (place, chance) in chances.enumerated() where stops[place] == nil && isHopeless(chance) {
        stops[place] = lower.trials
      }
    }
    for (place, stop) in stops.enumerated() {
      tallies[place].votes += stop ?? lower.trials
      if isCertified {
        if stop == nil { tallies[place].certified += 1 } else { tallies[place].lost += 1 }
      }
    }
  }
}
