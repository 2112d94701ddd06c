/// What a record says came of counting votes for c_A, believed in nothing.
public struct ClaimedCount: Hashable, Sendable {
  /// Where a bound is said to come from.
  public struct Bound: Hashable, Sendable, Decodable {
    public var rule: String
    public var successes: Int
    public var samples: Int
    public var alpha: Double

    public init(rule: String, successes: Int, samples: Int, alpha: Double) {
      self.rule = rule
      self.successes = successes
      self.samples = samples
      self.alpha = alpha
    }
  }

  /// c_A.
  public var candidate: Int
  /// Votes for it.
  public var successes: Int
  /// All estimation votes.
  public var samples: Int
  /// Absent from the oldest records of a fixed number of votes.
  public var bound: Bound?
  public var stopReason: String?
  /// Where the votes against it are; absent where the number of votes is fixed, and from records of version 0.2.0.
  public var against: VotesAgainst?

  public init(
    candidate: Int, successes: Int, samples: Int, bound: Bound?, stopReason: String?, against: VotesAgainst? = nil
  ) {
    self.candidate = candidate
    self.successes = successes
    self.samples = samples
    self.bound = bound
    self.stopReason = stopReason
    self.against = against
  }
}

/// A field of a record that its run's rule contradicts.
public struct Contradiction: Hashable, Sendable {
  public var field: String
  public var problem: String
  public var expected: String?
  public var found: String?

  public init(_ problem: String, field: String, expected: String? = nil, found: String? = nil) {
    self.field = field
    self.problem = problem
    self.expected = expected
    self.found = found
  }
}

/// What holding a claim against a rule brought.
public struct Examination: Hashable, Sendable {
  public internal(set) var contradictions: [Contradiction] = []
  /// The bound that follows from the claim; nil where none can.
  public internal(set) var bound: Bound?

  package mutating func add(_ contradiction: Contradiction) { contradictions.append(contradiction) }

  mutating func require(
    _ condition: Bool, _ field: String, _ problem: String, expected: String? = nil, found: String? = nil
  ) {
    if !condition { contradictions.append(Contradiction(problem, field: field, expected: expected, found: found)) }
  }

  mutating func require<Value: Equatable>(_ found: Value, _ expected: Value, _ field: String, _ problem: String) {
    require(found == expected, field, problem, expected: "\(expected)", found: "\(found)")
  }

  mutating func require(_ found: String, _ expected: Bound.Kind) {
    require(
      Bound.Kind(rawValue: found) == expected, "bound.rule", "not the run's rule", expected: expected.rawValue,
      found: found)
  }
}
