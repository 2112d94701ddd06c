/// How far one input has come: the losses found so far, the classes left and the levels to evaluate next.
struct VoteProgress {
  private enum Stage {
    /// Sifting, at this position among the sift levels.
    case sift(Int)
    /// Refining, from this level of the grid on.
    case refine(Int)
    case done
  }

  private(set) var survivors: [Int]
  private let levelCount: Int
  private let classCount: Int
  private let policy: SiftAndRefine
  private let siftLevels: [Int]
  private var stage: Stage
  /// Weighted squared errors by [level][class], filled in as evaluations return.
  private var values: [Double]
  private var isKnown: [Bool]
  private var running: [Double]
  private var evaluations: Int

  /// - Parameter spent: denoiser evaluations made before the first level (x̂).
  init(levelCount: Int, classCount: Int, policy: SiftAndRefine?, spent: Int) {
    self.levelCount = levelCount
    self.classCount = classCount
    self.policy = policy ?? SiftAndRefine(siftLevels: 0, siftThreshold: .infinity)
    siftLevels = self.policy.siftedLevels(of: levelCount)
    survivors = Array(0..<classCount)
    stage = siftLevels.isEmpty ? .refine(0) : .sift(0)
    values = [Double](repeating: 0, count: levelCount * classCount)
    isKnown = [Bool](repeating: false, count: levelCount)
    running = [Double](repeating: 0, count: classCount)
    evaluations = spent
  }

  var isDone: Bool { if case .done = stage { true } else { false } }

  /// The levels this round covers: one where classes may be dropped after it, else all that remain of the stage.
  private var round: [Int] {
    switch stage {
    case .sift(let position):
      Array(policy.siftThreshold.isFinite ? siftLevels[position...position] : siftLevels[position...])
    case .refine(let level):
      Array(policy.refineThreshold.isFinite ? level..<level + 1 : level..<levelCount)
    case .done: []
    }
  }

  /// The levels of this round whose errors are not known yet.
  var pendingLevels: [Int] { round.filter { !isKnown[$0] } }

  mutating func record(_ value: Double, level: Int, label: Int) {
    values[level * classCount + label] = value
    evaluations += 1
  }

  /// Closes the round once every pending error has been recorded.
  mutating func conclude() {
    let levels = round
    for level in levels {
      isKnown[level] = true
      for label in survivors { running[label] += values[level * classCount + label] }
    }
    switch stage {
    case .sift(let position):
      drop(beyond: policy.siftThreshold)
      if isDone { return }
      if position + levels.count < siftLevels.count {
        stage = .sift(position + levels.count)
      } else {
        running = [Double](repeating: 0, count: classCount)
        stage = .refine(0)
      }
    case .refine(let level):
      drop(beyond: policy.refineThreshold)
      if isDone { return }
      stage = level + levels.count < levelCount ? .refine(level + levels.count) : .done
    case .done: break
    }
  }

  private mutating func drop(beyond threshold: Double) {
    let best = survivors.map { running[$0] }.filter { !$0.isNaN }.min() ?? .nan
    // A comparison with NaN is false: such a class stays, and the vote ends without a prediction.
    survivors.removeAll { running[$0] - best > threshold }
    if survivors.count == 1, classCount > 1 { stage = .done }
  }

  var losses: ClassLosses {
    var losses = [Double](repeating: .infinity, count: classCount)
    for label in survivors { losses[label] = running[label] }
    return ClassLosses(losses: losses, evaluations: evaluations)
  }
}
