import Basics
import Certification

/// What `predict` says about one image.
public struct Prediction: Hashable, Sendable, Encodable {
  /// The predicted class; nil is an abstention.
  public var label: Int?
  /// The share of votes for the class with most of them.
  public var probability: Double
  /// The class with most votes, also on an abstention.
  public var candidate: Int
  /// The lower bound on the candidate's probability; nil where no radius was asked for.
  public var pLower: Double?
  /// Where the bound comes from.
  public var bound: Bound?
  public var stopReason: StopReason?
  /// The certified radius in pixels; nil on an abstention or where no radius was asked for.
  public var radius: Double?
  /// What the model calls the classes of the votes.
  public var classes: ClassSet
  /// Votes by the places of `classes`; with the invalid ones they sum to `samples`.
  public var votes: [Int]
  public var invalidVotes: Int
  public var samples: Int
  public var evaluations: Int

  public var abstained: Bool { label == nil }

  init(_ result: CertifyResult) {
    let counts = result.estimation.counts
    label = result.outcome.label
    probability = Double(counts.votes(for: result.candidate)) / Double(max(1, counts.total))
    bound = result.bound
    stopReason = result.stopReason
    candidate = result.candidate
    pLower = result.certificate.pLower
    radius = result.certificate.radius
    classes = counts.classes
    votes = counts.perClass
    invalidVotes = counts.invalid
    samples = counts.total
    evaluations = result.evaluations
  }

  init(_ result: PredictResult) {
    label = result.label
    candidate = result.counts.leader
    probability = Double(result.counts.votes(for: candidate)) / Double(result.counts.total)
    classes = result.counts.classes
    votes = result.counts.perClass
    invalidVotes = result.counts.invalid
    samples = result.counts.total
    evaluations = result.counts.evaluations
  }

  enum CodingKeys: String, CodingKey {
    case label, abstained, probability, candidate, pLower, bound, stopReason, radius, votes, invalidVotes, samples,
      evaluations
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(label, forKey: .label)
    try container.encode(abstained, forKey: .abstained)
    try container.encode(probability, forKey: .probability)
    try container.encode(candidate, forKey: .candidate)
    try container.encodeIfPresent(pLower, forKey: .pLower)
    try container.encodeIfPresent(bound, forKey: .bound)
    try container.encodeIfPresent(stopReason, forKey: .stopReason)
    if pLower != nil { try container.encode(radius ?? 0, forKey: .radius) }
    try container.encode(votes, forKey: .votes)
    try container.encode(invalidVotes, forKey: .invalidVotes)
    try container.encode(samples, forKey: .samples)
    try container.encode(evaluations, forKey: .evaluations)
  }
}
