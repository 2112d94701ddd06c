/// How often each class was voted for, and how many votes were invalid.
public struct VoteCounts: Hashable, Sendable {
  /// Votes for class y, y in 0 ..< K.
  public private(set) var perClass: [Int]
  /// Votes that ended in NaN: they count for no class.
  public private(set) var invalid: Int
  /// Denoiser evaluations of all votes.
  public private(set) var evaluations: Int

  public init(classCount: Int) {
    precondition(classCount > 0, "a classifier has at least one class")
    perClass = Array(repeating: 0, count: classCount)
    invalid = 0
    evaluations = 0
  }

  public init(_ votes: some Sequence<Vote>, classCount: Int) {
    self.init(classCount: classCount)
    for vote in votes { add(vote) }
  }

  public mutating func add(_ vote: Vote) {
    switch vote.choice {
    case .label(let label): perClass[label] += 1
    case .invalid: invalid += 1
    }
    evaluations += vote.evaluations
  }

  /// All votes cast, invalid ones included: the number of trials of every binomial statement.
  public var total: Int { perClass.reduce(invalid, +) }

  /// The class with most votes, ties to the lowest.
  public var leader: Int {
    var best = 0
    for label in perClass.indices where perClass[label] > perClass[best] { best = label }
    return best
  }

  /// The most votes that anything but `label` has, invalid votes counting as a rival of their own.
  public func strongestRival(of label: Int) -> Int {
    perClass.indices.reduce(invalid) { $1 == label ? $0 : max($0, perClass[$1]) }
  }
}
