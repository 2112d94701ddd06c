/// The margins of a race, from training votes: wide enough that at most a given share of the votes which the full
/// classifier gets right lose their class on the way, and otherwise as narrow as possible.
///
/// After each position but the last, the margin is an order statistic of the right class's deficit to the leader: with P
/// positions and N votes, so many are left beyond it that after position i at most ⌊share·N·i/(P − 1)⌋ have been lost.
public struct RaceCalibration: Hashable, Sendable {
  public let race: Race
  /// Share of the votes it learned from that the race gets right: for what it is worth elsewhere, see ``CrossFit``.
  public let accuracy: Double
  /// Share of them that the full classifier gets right.
  public let fullAccuracy: Double
  /// Denoiser evaluations per vote, without x̂.
  public let evaluationsPerVote: Double
  private let levels: [Int]
  private let weights: [Double]
  private let margins: [Double]

  /// - Parameters:
  ///   - levels: places in the samples' grid in the order of evaluation.
  ///   - weights: ω, one per entry of `levels`.
  ///   - share: of the votes that the full classifier gets right, how many may be lost.
  public init(levels: [Int], weights: [Double], samples: [CalibrationSample], share: Double) {
    precondition(levels.count == weights.count && !samples.isEmpty, "one weight per level, and votes to learn from")
    let classCount = samples[0].errors.classCount
    var running = samples.map { _ in [Double](repeating: 0, count: classCount) }
    var alive = samples.map { _ in Set(0..<classCount) }
    var lost = 0
    let full = samples.map { Self.winner($0, levels, weights) }
    var margins: [Double] = []
    for (position, level) in levels.enumerated() {
      var deficits: [Double] = []
      for (index, sample) in samples.enumerated() where alive[index].count > 1 || position == 0 {
        let errors = sample.errors.errors(at: level)
        for label in alive[index] {
          running[index][label] += weights[position] * errors[errors.startIndex + label]
        }
        guard full[index] == sample.label, alive[index].contains(sample.label) else { continue }
        let best = alive[index].map { running[index][$0] }.min() ?? 0
        deficits.append(running[index][sample.label] - best)
      }
      guard position < levels.count - 1 else {
        margins.append(.infinity)
        break
      }
      deficits.sort()
      let allowed = Int(share * Double(samples.count * (position + 1)) / Double(levels.count - 1)) - lost
      // A class is dropped strictly beyond the margin.
      let margin = deficits.isEmpty ? .infinity : deficits[max(0, deficits.count - 1 - allowed)]
      margins.append(margin)
      lost += deficits.count { $0 > margin }
      for index in samples.indices where alive[index].count > 1 {
        let best = alive[index].map { running[index][$0] }.min() ?? 0
        alive[index] = alive[index].filter { running[index][$0] - best <= margin }
      }
    }
    let judged = samples.map { Self.judge($0, levels, weights, margins) }
    let ascending = levels.sorted()
    race = Race(order: levels.map { ascending.firstIndex(of: $0) ?? 0 }, rule: .margins(margins))
    accuracy = Double(zip(judged, samples).count { $0.winner == $1.label }) / Double(samples.count)
    fullAccuracy = Double(zip(full, samples).count { $0 == $1.label }) / Double(samples.count)
    evaluationsPerVote = Double(judged.reduce(0) { $0 + $1.evaluations }) / Double(samples.count)
    self.levels = levels
    self.weights = weights
    self.margins = margins
  }

  /// The class that the race gives to a vote, and the denoiser evaluations that it takes.
  func judge(_ sample: CalibrationSample) -> (winner: Int?, evaluations: Int) {
    Self.judge(sample, levels, weights, margins)
  }

  private static func judge(
    _ sample: CalibrationSample, _ levels: [Int], _ weights: [Double], _ margins: [Double]
  ) -> (winner: Int?, evaluations: Int) {
    var running = [Double](repeating: 0, count: sample.errors.classCount)
    var alive = Array(running.indices)
    var evaluations = 0
    for (position, level) in levels.enumerated() where alive.count > 1 || position == 0 {
      let errors = sample.errors.errors(at: level)
      for label in alive { running[label] += weights[position] * errors[errors.startIndex + label] }
      evaluations += sample.errors.passes.evaluations(at: level, classes: alive.count)
      let best = alive.map { running[$0] }.min() ?? 0
      alive.removeAll { running[$0] - best > margins[position] }
    }
    return (alive.min { running[$0] < running[$1] }, evaluations)
  }

  /// The class that every class at every level gives to it.
  func fullWinner(_ sample: CalibrationSample) -> Int? { Self.winner(sample, levels, weights) }

  private static func winner(_ sample: CalibrationSample, _ levels: [Int], _ weights: [Double]) -> Int? {
    var losses = [Double](repeating: 0, count: sample.errors.classCount)
    for (level, weight) in zip(levels, weights) {
      for (label, error) in sample.errors.errors(at: level).enumerated() { losses[label] += weight * error }
    }
    return losses.indices.min { losses[$0] < losses[$1] }
  }
}
