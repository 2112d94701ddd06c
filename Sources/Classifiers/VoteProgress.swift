/// How far one input has come: the losses found so far, the classes left and the levels to evaluate next.
struct VoteProgress {
  private(set) var survivors: [Int]
  /// ω_t by level.
  private let weights: [Double]
  private let classCount: Int
  private let rounds: [Round]
  private let passes: LevelPasses
  private var position = 0
  private var isEnded = false
  /// Squared errors by [level][class], filled in as evaluations return.
  private(set) var errors: [Double]
  private var isKnown: [Bool]
  private var running: [Double]
  private(set) var evaluations: Int
  /// Evaluations of the round in progress that are still to come.
  private var outstanding = 0

  /// Levels that are evaluated together, and what is dropped after them.
  struct Round: Hashable, Sendable {
    enum Rule: Hashable, Sendable {
      case beyond(Double)
      case worseHalf
    }
    var levels: [Int]
    var rule: Rule
    /// Whether the running losses begin anew before this round.
    var restarts = false
  }

  /// - Parameters:
  ///   - weights: ω_t by level.
  ///   - spent: denoiser evaluations made before the first level (x̂).
  ///   - known: the squared errors of `passes.knownLevel`, which that evaluation answered too.
  init(
    weights: [Double], classCount: Int, rounds: [Round], spent: Int, passes: LevelPasses = .perClass,
    known: [Double]? = nil
  ) {
    self.weights = weights
    self.classCount = classCount
    self.rounds = rounds
    self.passes = passes
    survivors = Array(0..<classCount)
    errors = [Double](repeating: 0, count: weights.count * classCount)
    isKnown = [Bool](repeating: false, count: weights.count)
    running = [Double](repeating: 0, count: classCount)
    evaluations = spent
    guard let known, let level = passes.knownLevel else { return }
    store(known, level: level)
    isKnown[level] = true
  }

  var isDone: Bool { isEnded || position == rounds.count }

  /// Begins the next round that has errors to find, closing those before it that have none.
  ///
  /// - Returns: the levels to evaluate for every survivor, or once for all classes; none when the vote is done.
  mutating func beginRound() -> [Int] {
    while !isDone {
      let levels = rounds[position].levels.filter { !isKnown[$0] }
      outstanding = levels.count * (passes.isForAllClasses ? 1 : survivors.count)
      if outstanding > 0 { return levels }
      conclude()
    }
    return []
  }

  /// Takes the error of one class; the round's last evaluation closes it.
  ///
  /// - Returns: whether that ended the round and another one follows.
  mutating func record(_ error: Double, level: Int, label: Int) -> Bool {
    errors[level * classCount + label] = error
    return recordEvaluation()
  }

  /// Takes the errors of all classes, from one evaluation.
  ///
  /// - Returns: as the other.
  mutating func record(_ errors: [Double], level: Int) -> Bool {
    store(errors, level: level)
    return recordEvaluation()
  }

  private mutating func store(_ found: [Double], level: Int) {
    precondition(found.count == classCount, "an error per class")
    errors.replaceSubrange(level * classCount..<(level + 1) * classCount, with: found)
  }

  private mutating func recordEvaluation() -> Bool {
    precondition(outstanding > 0, "nothing was asked for")
    evaluations += 1
    outstanding -= 1
    if outstanding == 0 { conclude() }
    return outstanding == 0 && !isDone
  }

  private mutating func conclude() {
    let round = rounds[position]
    if round.restarts { running = [Double](repeating: 0, count: classCount) }
    for level in round.levels {
      isKnown[level] = true
      for label in survivors { running[label] += weights[level] * errors[level * classCount + label] }
    }
    position += 1
    switch round.rule {
    case .beyond(let margin): drop(beyond: margin)
    case .worseHalf: dropWorseHalf()
    }
    // The last class left has won.
    if survivors.count == 1, classCount > 1 { isEnded = true }
  }

  private mutating func drop(beyond margin: Double) {
    let best = survivors.map { running[$0] }.filter { !$0.isNaN }.min() ?? .nan
    // A comparison with NaN is false: such a class stays, and the vote ends without a prediction.
    survivors.removeAll { running[$0] - best > margin }
  }

  private mutating func dropWorseHalf() {
    let ranked = survivors.filter { !running[$0].isNaN }.sorted { (running[$0], $0) < (running[$1], $1) }
    let kept = Set(ranked.prefix((ranked.count + 1) / 2))
    survivors.removeAll { !running[$0].isNaN && !kept.contains($0) }
  }

  /// L_y, infinite of classes that were dropped.
  var losses: [Double] {
    var losses = [Double](repeating: .infinity, count: classCount)
    for label in survivors { losses[label] = running[label] }
    return losses
  }
}

extension Elimination {
  /// The rounds of a vote over `levelCount` levels. Levels after which nothing can be dropped share a round.
  func rounds(levelCount: Int) -> [VoteProgress.Round] {
    let everything = Array(0..<levelCount)
    switch self {
    case .none:
      return [.init(levels: everything, rule: .beyond(.infinity))]
    case .siftAndRefine(let policy):
      var sift = merged(policy.siftedLevels(of: levelCount).map { ($0, .beyond(policy.siftThreshold)) })
      if !sift.isEmpty { sift[0].restarts = true }
      var refine = merged(everything.map { ($0, .beyond(policy.refineThreshold)) })
      if !refine.isEmpty { refine[0].restarts = true }
      return sift + refine
    case .race(let race):
      return merged(
        race.levels(of: levelCount).enumerated().map { position, level in
          switch race.rule {
          case .margins(let margins): (level, .beyond(margins[position]))
          case .halving: (level, .worseHalf)
          }
        })
    }
  }

  private func merged(_ steps: [(level: Int, rule: VoteProgress.Round.Rule)]) -> [VoteProgress.Round] {
    var rounds: [VoteProgress.Round] = []
    for step in steps {
      if let last = rounds.last, last.rule == .beyond(.infinity) {
        rounds[rounds.count - 1].levels.append(step.level)
        rounds[rounds.count - 1].rule = step.rule
      } else {
        rounds.append(.init(levels: [step.level], rule: step.rule))
      }
    }
    return rounds
  }
}
