/// What verifying a run directory found.
public struct VerificationReport: Hashable, Sendable, Encodable {
  public enum Verdict: String, Hashable, Sendable, Codable {
    /// Everything that was checked holds.
    case holds
    /// Nothing contradicts the run, but not all could be checked: its model or its data were not found, or its votes
    /// were cast on another engine and differ from those drawn here.
    case unconfirmed
    /// Something does not hold.
    case fails
  }

  public var run: String
  public var verdict: Verdict
  /// Images that the run promises.
  public var images: Int
  /// N of the joint claim, fixed when the run began; nil of runs up to version 0.2.0.
  public var claim: Int?
  /// Images beyond it, which no joint claim is about; nil where there are none.
  public var beyondClaim: Int?
  /// The images of the whole, of which a partly merged run has some alone; nil where it has all.
  public var partialOf: Int?
  /// Which part of a larger run it is, as `k/N`; nil where it is none.
  public var shard: String?
  /// Records whose every number was computed again.
  public var records: Int
  /// Images whose votes were all cast again.
  public var redrawn: [Int]
  /// Of these, images whose votes came out the same bit for bit.
  public var confirmed: Int
  /// What chose the images whose votes were cast again; nil where all were, or none.
  public var redrawSeed: UInt64?
  /// Where this engine differs from the run's; votes may legitimately differ then.
  public var engineDifferences: [RunEngine.Difference]
  /// Votes that differ on another engine, and by how much their probabilities must.
  public var differing: [String]
  /// What could not be checked, such as a model that is not where the run found it.
  public var unchecked: [VerificationFailure]
  /// How many things do not hold, and the first thousand of them.
  public var failureCount: Int
  public var failures: [VerificationFailure]
}
