import Basics

/// How a vote drops classes before all of them have been evaluated everywhere.
///
/// What a vote drops depends on its own input and its own noise alone, so the result is a base classifier like any
/// other and is certified as such (Docs/Mathematics.md, Early elimination).
public enum Elimination: Hashable, Sendable {
  /// Every class at every level.
  case none
  case siftAndRefine(SiftAndRefine)
  case race(Race)

  /// - Throws: `UsageError` when it does not fit a grid that evaluates `levelCount` levels.
  public func validate(levelCount: Int) throws {
    switch self {
    case .none: break
    case .siftAndRefine(let policy): try policy.validate(levelCount: levelCount)
    case .race(let race): try race.validate(levelCount: levelCount)
    }
  }
}

extension Elimination {
  /// The denoiser evaluations of one input over `levelCount` levels at most, if every loss is a number: a class whose
  /// loss is none stays to the end.
  ///
  /// x̂'s own does not count.
  func mostEvaluations(levelCount: Int, classCount: Int, passes: LevelPasses = .perClass) -> Int {
    var known: Set<Int> = []
    var survivors = classCount
    var evaluations = 0
    for round in rounds(levelCount: levelCount) {
      for level in round.levels where known.insert(level).inserted {
        evaluations += passes.evaluations(at: level, classes: survivors)
      }
      // A margin may keep every class; half of them go whatever their losses are.
      if round.rule == .worseHalf { survivors = (survivors + 1) / 2 }
      if survivors == 1, classCount > 1 { break }
    }
    return evaluations
  }
}

extension Elimination: Codable {
  private enum CodingKeys: String, CodingKey { case siftAndRefine, race }

  public init(from decoder: any Decoder) throws {
    let fields = try decoder.container(keyedBy: CodingKeys.self)
    if let policy = try fields.decodeIfPresent(SiftAndRefine.self, forKey: .siftAndRefine) {
      self = .siftAndRefine(policy)
    } else if let race = try fields.decodeIfPresent(Race.self, forKey: .race) {
      self = .race(race)
    } else {
      self = .none
    }
  }

  public func encode(to encoder: any Encoder) throws {
    var fields = encoder.container(keyedBy: CodingKeys.self)
    switch self {
    case .none: break
    case .siftAndRefine(let policy): try fields.encode(policy, forKey: .siftAndRefine)
    case .race(let race): try fields.encode(race, forKey: .race)
    }
  }
}

extension Elimination: CustomStringConvertible {
  /// For people, such as `race over 4 levels`; empty where nothing is dropped.
  public var description: String {
    switch self {
    case .none: ""
    case .siftAndRefine(let policy):
      "sift on \(policy.siftLevels) levels (threshold \(policy.siftThreshold), refining \(policy.refineThreshold))"
    case .race(let race): race.description
    }
  }
}
