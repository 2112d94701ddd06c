import Basics
import Certification

/// A line of records.jsonl: everything that certifying one image found out (Docs/Files.md, records.jsonl).
public struct ImageRecord: Hashable, Sendable {
  /// The image's index in its data set.
  public var index: Int
  public var label: Int
  /// The picture's file and what it showed; nil in records of versions before 0.3.0.
  public var picture: RecordedPicture?
  public var outcome: Outcome
  /// c_A, the class that the selection votes chose, also when it could not be certified.
  public var candidate: Int
  /// The lower bound on the candidate's probability.
  public var pLower: Double
  /// Where the bound comes from: with it anyone can compute `pLower` again. Records of version 0.1 lack it; theirs is
  /// Clopper–Pearson on all votes.
  public var bound: Bound?
  public var stopReason: StopReason
  /// Where the votes against the candidate are, of an anytime rule since version 0.3.0.
  public var against: VotesAgainst?
  /// The classes voted for, as run.json names them; all of the model's where it names none.
  public private(set) var classes: ClassSet
  /// Estimation votes by the places of `classes`. With the invalid ones they sum to `samples`.
  public var votes: [Int]
  public var invalidVotes: Int
  public var selectionVotes: [Int]
  public var invalidSelectionVotes: Int
  /// Denoiser evaluations (one image, one level, one class) that the image cost.
  public var evaluations: Int
  /// Time from the end of the image before to the end of this one, so that a run's images add up to its duration.
  public var seconds: Double

  public init(
    index: Int, label: Int, picture: RecordedPicture? = nil, result: CertifyResult, seconds: Double
  ) {
    self.index = index
    self.label = label
    self.picture = picture
    self.seconds = seconds
    outcome = result.outcome
    candidate = result.candidate
    pLower = result.certificate.pLower
    bound = result.bound
    stopReason = result.stopReason
    classes = result.estimation.counts.classes
    against = result.against
    votes = result.estimation.counts.perClass
    invalidVotes = result.estimation.counts.invalid
    selectionVotes = result.selection.counts.perClass
    invalidSelectionVotes = result.selection.counts.invalid
    evaluations = result.evaluations
  }

  /// The estimation votes for a label; none for one that is none of the classes'.
  public func votes(for label: Int) -> Int { classes.place(of: label).map { votes[$0] } ?? 0 }
  public func selectionVotes(for label: Int) -> Int { classes.place(of: label).map { selectionVotes[$0] } ?? 0 }

  /// n, the number of estimation votes.
  public var samples: Int { votes.reduce(invalidVotes, +) }
  /// n₀, the number of selection votes.
  public var selectionSamples: Int { selectionVotes.reduce(invalidSelectionVotes, +) }
  public var abstained: Bool { outcome == .abstained }
  /// Whether the smoothed prediction is the label; an abstention is not.
  public var correct: Bool { outcome.label == label }
}

extension ImageRecord: Codable {
  enum CodingKeys: String, CodingKey {
    case index, label, picture, predicted, abstained, radius, candidate, pLower, bound, stopReason, against, votes
    case invalidVotes, selectionVotes, invalidSelectionVotes, samples, evaluations, seconds, correct
  }

  /// More denoiser evaluations than any image takes: sums of those of many records stay numbers.
  static let mostEvaluations = 1 << 38
  /// In pixels, farther than any two images are apart.
  static let largestRadius = 1e6

  /// An abstention is written as class −1 with radius 0, as in the field's tables.
  static let abstention = -1

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(index, forKey: .index)
    try container.encode(label, forKey: .label)
    try container.encodeIfPresent(picture, forKey: .picture)
    try container.encode(outcome.label ?? Self.abstention, forKey: .predicted)
    try container.encode(abstained, forKey: .abstained)
    try container.encode(outcome.radius ?? 0, forKey: .radius)
    try container.encode(candidate, forKey: .candidate)
    try container.encode(pLower, forKey: .pLower)
    try container.encodeIfPresent(bound, forKey: .bound)
    try container.encode(stopReason, forKey: .stopReason)
    try container.encodeIfPresent(against, forKey: .against)
    try container.encode(votes, forKey: .votes)
    try container.encode(invalidVotes, forKey: .invalidVotes)
    try container.encode(selectionVotes, forKey: .selectionVotes)
    try container.encode(invalidSelectionVotes, forKey: .invalidSelectionVotes)
    try container.encode(samples, forKey: .samples)
    try container.encode(evaluations, forKey: .evaluations)
    try container.encode(seconds, forKey: .seconds)
    try container.encode(correct, forKey: .correct)
  }

  /// Reads a record and checks that its numbers agree with each other and with the `RecordClasses` that the decoder
  /// was given.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    func require(_ condition: Bool, _ key: CodingKeys, _ complaint: String) throws {
      guard condition else {
        throw DecodingError.dataCorruptedError(forKey: key, in: container, debugDescription: complaint)
      }
    }
    func counts(_ key: CodingKeys) throws -> [Int] {
      let values = try container.decode([Int].self, forKey: key)
      try require(values.allSatisfy { (0...Int(UInt32.max)).contains($0) }, key, "a number of votes is out of range")
      return values
    }
    func number(_ key: CodingKeys, in range: ClosedRange<Double>) throws -> Double {
      let value = try container.decode(Double.self, forKey: key)
      try require(range.contains(value), key, "\(value) is out of range")
      return value
    }
    index = try container.decode(Int.self, forKey: .index)
    label = try container.decode(Int.self, forKey: .label)
    picture = try container.decodeIfPresent(RecordedPicture.self, forKey: .picture)
    candidate = try container.decode(Int.self, forKey: .candidate)
    pLower = try number(.pLower, in: 0...1)
    bound = try container.decodeIfPresent(Bound.self, forKey: .bound)
    stopReason = try container.decodeIfPresent(StopReason.self, forKey: .stopReason) ?? .fixed
    against = try container.decodeIfPresent(VotesAgainst.self, forKey: .against)
    votes = try counts(.votes)
    let expected = decoder.userInfo[.recordClasses] as? RecordClasses ?? RecordClasses(nil)
    let classes = expected.classes ?? ClassSet(count: votes.count)
    self.classes = classes
    invalidVotes = try container.decode(Int.self, forKey: .invalidVotes)
    selectionVotes = try counts(.selectionVotes)
    invalidSelectionVotes = try container.decode(Int.self, forKey: .invalidSelectionVotes)
    evaluations = try container.decode(Int.self, forKey: .evaluations)
    seconds = try number(.seconds, in: 0...1e12)
    let radius = try number(.radius, in: 0...Self.largestRadius)
    let predicted = try container.decode(Int.self, forKey: .predicted)
    let abstained = try container.decode(Bool.self, forKey: .abstained)
    outcome = abstained ? .abstained : .certified(label: predicted, radius: radius)

    try require(votes.count == classes.count, .votes, "\(classes.count) classes expected")
    try require(classes.contains(candidate), .candidate, "not one of the classes voted for")
    try require(expected.admit(label: label, among: classes), .label, "not one of the classes voted for")
    try require(selectionVotes.count == votes.count, .selectionVotes, "as many classes as in votes expected")
    try require((0...Int(UInt32.max)).contains(invalidVotes), .invalidVotes, "out of range")
    try require((0...Int(UInt32.max)).contains(invalidSelectionVotes), .invalidSelectionVotes, "out of range")
    try require((0...Self.mostEvaluations).contains(evaluations), .evaluations, "out of range")
    try require(
      try container.decode(Int.self, forKey: .samples) == samples, .samples, "votes do not sum to samples")
    if let against {
      try require(
        against.count == samples - votes(for: candidate) && against.span <= samples, .against,
        "disagrees with the votes")
    }
    if let bound {
      try require(
        bound.alpha > 0 && bound.alpha < 1 && bound.successes >= 0
          && bound.successes <= min(bound.samples, votes(for: candidate)) && bound.samples <= samples, .bound,
        "disagrees with the votes")
    }
    try require(
      predicted == (abstained ? Self.abstention : candidate), .predicted, "disagrees with candidate and abstained")
    try require(!abstained || radius == 0, .radius, "an abstention has radius 0")
    try require(try container.decode(Bool.self, forKey: .correct) == correct, .correct, "disagrees with the label")
  }
}
