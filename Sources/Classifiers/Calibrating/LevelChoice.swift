/// Which levels are worth their evaluations: beginning with the best single one, the level that lowers the negative
/// log-likelihood most is added until nothing brings a given relative gain.
///
/// The order of choice is the order of the race: the most telling level comes first.
public struct LevelChoice: Hashable, Sendable {
  /// The fit after each addition; `steps[i]` has i + 1 levels.
  public let steps: [WeightFit]

  /// - Parameters:
  ///   - most: how many levels at most.
  ///   - gain: an addition must lower the negative log-likelihood by this share.
  public init(samples: [CalibrationSample], most: Int, gain: Double = 0.005) {
    precondition(most > 0, "at least one level")
    let candidates = samples[0].errors.levelCount
    var steps: [WeightFit] = []
    while steps.count < min(most, candidates) {
      let chosen = steps.last?.levels ?? []
      let best = (0..<candidates).filter { !chosen.contains($0) }
        .map { WeightFit(levels: chosen + [$0], samples: samples) }
        .min { $0.negativeLogLikelihood < $1.negativeLogLikelihood }
      guard let best else { break }
      if let last = steps.last, best.negativeLogLikelihood > last.negativeLogLikelihood * (1 - gain) { break }
      steps.append(best)
    }
    self.steps = steps
  }

  /// The fit with every level that was worth it; levels whose weight came out as 0 are left out.
  public var fit: WeightFit { steps[steps.count - 1] }
}
