import Basics

/// How often each class was voted for, and how many votes were invalid.
public struct VoteCounts: Hashable, Sendable {
  /// The K classes by their labels.
  public let classes: ClassSet
  /// Votes for the class at each place of `classes`.
  public private(set) var perClass: [Int]
  /// Votes that ended in NaN: they count for no class.
  public private(set) var invalid: Int
  /// Denoiser evaluations of all votes.
  public private(set) var evaluations: Int

  public init(classes: ClassSet) {
    precondition(classes.count > 0, "a classifier has at least one class")
    self.classes = classes
    perClass = Array(repeating: 0, count: classes.count)
    invalid = 0
    evaluations = 0
  }

  public init(classCount: Int) { self.init(classes: ClassSet(count: classCount)) }

  public init(_ votes: some Sequence<Vote>, classCount: Int) {
    self.init(votes, classes: ClassSet(count: classCount))
  }

  public init(_ votes: some Sequence<Vote>, classes: ClassSet) {
    self.init(classes: classes)
    for vote in votes { add(vote) }
  }

  public mutating func add(_ vote: Vote) {
    switch vote.choice {
    case .label(let label):
      guard let place = classes.place(of: label) else { preconditionFailure("a vote is for one of the classes") }
      perClass[place] += 1
    case .invalid: invalid += 1
    }
    evaluations += vote.evaluations
  }

  /// All votes cast, invalid ones included: the number of trials of every binomial statement.
  public var total: Int { perClass.reduce(invalid, +) }

  /// The votes for a label; none for one that is none of the classes'.
  public func votes(for label: Int) -> Int { classes.place(of: label).map { perClass[$0] } ?? 0 }

  /// The label with most votes, ties to the lowest.
  public var leader: Int {
    var best = 0
    for place in perClass.indices where perClass[place] > perClass[best] { best = place }
    return classes[best]
  }

  /// The most votes that anything but `label` has, invalid votes counting as a rival of their own.
  public func strongestRival(of label: Int) -> Int {
    perClass.indices.reduce(invalid) { classes[$1] == label ? $0 : max($0, perClass[$1]) }
  }
}
