import Basics
import Statistics

/// When the votes on an image end, and what they certify then: everything that one rule knows and the others do not.
///
/// Guarantee of every rule: the probability over the votes that the bound exceeds P(f(x + δ) = c_A) is at most α.
public protocol StoppingRule: Hashable, Sendable {
  static var kind: CertificationRule.Kind { get }
  /// What run.json and `--stop` call it; rules of one name are told apart by their other parameters.
  static var stop: String { get }
  /// Where its certificates come from.
  static var boundKind: Bound.Kind { get }

  /// n₀.
  var selectionSamples: Int { get }
  /// n, the most estimation votes where the number is not fixed.
  var samples: Int { get }
  /// α.
  var alpha: Double { get }
  /// The votes of an image, where their number is fixed.
  var fixedVotes: Int? { get }

  /// Certifies the image whose votes `source` casts.
  func callAsFunction(_ source: some VoteSource, sigma: PixelNoise) async throws -> CertifyResult
  /// Estimation votes that certify `radius` if all of them agree; nil where it is out of reach.
  func votesNeeded(for radius: Double, sigma: PixelNoise) -> Int?

  // Files.

  /// Whether parameters of this rule's name mean this rule.
  static func isMeant(by parameters: CertificationRule.Parameters) -> Bool
  /// - Throws: `UsageError` for numbers that are none, and for parameters that this rule does not have.
  init(_ parameters: CertificationRule.Parameters) throws
  var parameters: CertificationRule.Parameters { get }

  // Verification.

  /// What contradicts so many estimation votes of one image.
  func contradiction(inVotes votes: Int) -> Contradiction?
  /// Holds against this rule what a record says came of counting its votes, without what depends on σ.
  func examine(_ claim: ClaimedCount) -> Examination
  /// The same, with where counting ended: radii to end at are multiples of σ.
  func examine(_ claim: ClaimedCount, sigma: PixelNoise) -> Examination

  // Wording.

  /// What the number of estimation votes is called.
  static var samplesTitle: String { get }
  /// The rule in a line.
  var summary: String { get }
  /// What to say of a radius before any vote is cast.
  func outlook(for radius: Double, sigma: PixelNoise) -> RadiusOutlook?
  /// Why its radii cannot be compared with those of other runs; nil where they can.
  var caveat: RadiusCaveat? { get }
}

extension StoppingRule {
  /// The bound that nothing but agreeing votes brings.
  public var bestBound: Double {
    Bound(kind: Self.boundKind, successes: samples, samples: samples, alpha: alpha).value
  }
}

/// What a rule can tell of a radius before any vote is cast.
public struct RadiusOutlook: Hashable, Sendable {
  public var text: String
  /// The estimation votes it takes at least.
  public var votes: Int?
}

/// Why the radii of a run cannot be compared with those of others: they say where votes ended, not how far an image can
/// be certified.
public struct RadiusCaveat: Hashable, Sendable {
  /// In a word or two, beside a number.
  public var mark: String
  /// Of the run by itself.
  public var note: String
  /// Of the run beside another; begins after its name.
  public var comparison: String
  /// Beside the average radii of several runs.
  public var warning: String
}
