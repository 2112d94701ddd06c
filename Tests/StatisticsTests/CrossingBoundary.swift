import Foundation
import TestSupport
import Statistics

/// Where the bound of a sequence of votes first exceeds their true probability: a violation, if p is the truth.
///
/// A bound that rises with every success exceeds p after n votes exactly if they have at most `mostFailures[n]`
/// failures, and that number never falls with n.
struct CrossingBoundary: Sendable {
  let probability: Double
  /// For n = 0 … horizon: the most failures in n votes with which the bound exceeds p; −1 where none do.
  let mostFailures: [Int]

  var horizon: Int { mostFailures.count - 1 }

  init(probability: Double, horizon: Int, bound: (_ successes: Int, _ trials: Int) -> Double) {
    self.probability = probability
    var mostFailures = [-1]
    for trials in 1...horizon {
      var failures = mostFailures[trials - 1]
      while failures + 1 < trials, bound(trials - failures - 1, trials) > probability { failures += 1 }
      mostFailures.append(failures)
    }
    self.mostFailures = mostFailures
  }

  /// The exact probability that the bound exceeds p after any of the votes 1 … horizon: dynamic programming over the
  /// number of failures of the paths that have not crossed yet.
  func crossingProbability() -> Double {
    // More failures than count at the horizon can no longer cross.
    let last = mostFailures[horizon]
    guard last >= 0 else { return 0 }
    var alive = [1.0] + Array(repeating: 0.0, count: last)
    var crossed = 0.0
    for trials in 1...horizon {
      for failures in stride(from: min(last, trials), through: 0, by: -1) {
        let before = failures > 0 ? alive[failures - 1] : 0
        alive[failures] = alive[failures] * probability + before * (1 - probability)
      }
      for failures in 0..<(mostFailures[trials] + 1) where alive[failures] > 0 {
        crossed += alive[failures]
        alive[failures] = 0
      }
    }
    return crossed
  }

  /// The same where `window` votes run at a time and every success of a window is counted before its failures, because
  /// it finished earlier.
  func crossingProbability(completionOrderIn window: Int) -> Double {
    let last = mostFailures[horizon]
    guard last >= 0 else { return 0 }
    let successes = BinomialDistribution(trials: window, probability: probability)
    let masses = (0...window).map(successes.pmf)
    var alive = [1.0] + Array(repeating: 0.0, count: last)
    var crossed = 0.0
    for start in stride(from: 0, through: horizon - window, by: window) {
      var next = Array(repeating: 0.0, count: last + 1)
      for failures in 0...last where alive[failures] > 0 {
        for (count, mass) in masses.enumerated() {
          // The window's highest bound is after its last success.
          if failures <= mostFailures[start + count] {
            crossed += alive[failures] * mass
          } else if failures + window - count <= last {
            next[failures + window - count] += alive[failures] * mass
          }
        }
      }
      alive = next
    }
    // Rounding may carry the sum above 1.
    return min(1, crossed)
  }

  /// Whether votes that failed at these places, ascending from 1, crossed before or at the horizon.
  func isCrossed(failuresAt places: [Int]) -> Bool {
    for (failures, place) in places.enumerated() {
      // Just before failure number `failures` + 1.
      if mostFailures[min(place - 1, horizon)] >= failures { return true }
      if place > horizon { return false }
    }
    return mostFailures[horizon] >= places.count
  }

  /// The same in completion order.
  func isCrossed(failuresAt places: [Int], completionOrderIn window: Int) -> Bool {
    var failures = 0
    for start in stride(from: 0, through: horizon - window, by: window) {
      var end = failures
      while end < places.count, places[end] <= start + window { end += 1 }
      if mostFailures[start + window - (end - failures)] >= failures { return true }
      failures = end
    }
    return false
  }
}

/// Simulated votes of one probability, as the places of their failures.
struct VotePaths {
  let probability: Double
  let horizon: Int
  private var random: SplitMix64

  init(probability: Double, horizon: Int, seed: UInt64) {
    self.probability = probability
    self.horizon = horizon
    random = SplitMix64(state: seed)
  }

  /// The places of the next path's failures, ascending from 1 to the horizon.
  ///
  /// The distance to the next failure is geometric: 1 + ⌊ln U/ln p⌋, U uniform in (0, 1].
  mutating func next(into places: inout [Int]) {
    places.removeAll(keepingCapacity: true)
    let scale = 1 / log(probability)
    var place = 0
    while true {
      let uniform = Double((random.next() >> 11) + 1) * 0x1p-53
      let gap = log(uniform) * scale
      guard gap < Double(horizon - place) else { return }
      place += 1 + Int(gap)
      places.append(place)
    }
  }
}
