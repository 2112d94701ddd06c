import Basics
import Statistics

/// CERTIFY of Cohen et al. 2019, §3.2.2 (Docs/Mathematics.md, Certification with a fixed number of votes): the number
/// of votes is fixed beforehand.
///
/// n₀ selection votes choose c_A, the class with most of them (ties to the lowest). n fresh estimation votes give n_A,
/// and p_A is bounded below at level 1 − α by Clopper–Pearson. If the bound is at most ½ the answer is an abstention,
/// otherwise radius R = σ·Φ⁻¹(p_A).
///
/// Guarantee: whatever the image and the classifier, the probability over the votes that the bound exceeds
/// P(f(x + δ) = c_A) is at most α. It rests on the estimation votes being independent of c_A, and on n being fixed
/// before any of them is seen.
public struct Certify: StoppingRule {
  /// n₀.
  public let selectionSamples: Int
  /// n.
  public let samples: Int
  /// α.
  public let alpha: Double

  /// - Throws: `UsageError` unless n₀ and n are positive and α lies strictly between 0 and 1.
  public init(selectionSamples: Int, samples: Int, alpha: Double) throws {
    try Self.checkVotes(selectionSamples, "the number of selection samples")
    try Self.checkVotes(samples, "the number of samples")
    try Certificate.checkAlpha(alpha)
    self.selectionSamples = selectionSamples
    self.samples = samples
    self.alpha = alpha
  }

  /// Certifies the image whose votes `source` casts.
  public func callAsFunction(_ source: some VoteSource, sigma: PixelNoise) async throws -> CertifyResult {
    let selection = SelectionVotes(
      VoteCounts(
        try await source.votes(0..<selectionSamples, for: .selection), classes: source.classes))
    let estimation = EstimationVotes(
      VoteCounts(try await source.votes(0..<samples, for: .estimation), classes: source.classes))
    return try CertifyResult(selection: selection, estimation: estimation, alpha: alpha, sigma: sigma)
  }

  static func checkVotes(_ count: Int, _ name: String) throws {
    guard count > 0, count <= Int(UInt32.max) else {
      throw UsageError("\(name) must lie between 1 and \(UInt32.max), not \(count)")
    }
  }
}

extension CertificationRule {
  /// After a number of votes fixed beforehand.
  public static func fixed(_ rule: Certify) -> CertificationRule { CertificationRule(rule) }
}

extension Certify {
  public static let kind = CertificationRule.Kind.fixed
  public static let stop = "fixed"
  public static let boundKind = Bound.Kind.clopperPearson

  public var fixedVotes: Int? { selectionSamples + samples }

  public func votesNeeded(for radius: Double, sigma: PixelNoise) -> Int? {
    let best = CertifiedRadius.radius(sigma: sigma.sigma, lowerBound: bestBound) ?? 0
    return radius <= best ? samples : nil
  }

  public static func isMeant(by parameters: CertificationRule.Parameters) -> Bool { true }

  public init(_ parameters: CertificationRule.Parameters) throws {
    guard parameters.targetRadii == nil, parameters.radiusTolerance == nil, parameters.hopelessChance == nil else {
      throw UsageError("a fixed number of votes goes with neither targets nor a tolerance")
    }
    try self.init(
      selectionSamples: parameters.selectionSamples, samples: parameters.samples, alpha: parameters.alpha)
  }

  public var parameters: CertificationRule.Parameters { .init(self) }

  public func contradiction(inVotes votes: Int) -> Contradiction? {
    votes == samples
      ? nil
      : Contradiction(
        "not the number of votes fixed beforehand", field: "votes", expected: "\(samples)", found: "\(votes)")
  }

  public func examine(_ claim: ClaimedCount) -> Examination {
    var examination = Examination()
    if let bound = claim.bound {
      examination.require(bound.alpha, alpha, "bound.alpha", "not the run's level")
      examination.require(bound.rule, Self.boundKind)
      examination.require(bound.successes, claim.successes, "bound.successes", "not the candidate's votes")
      examination.require(bound.samples, claim.samples, "bound.samples", "not the number of votes")
    }
    // The oldest records name no reason.
    let reason = claim.stopReason ?? StopReason.fixed.rawValue
    examination.require(
      StopReason(rawValue: reason) == .fixed, "stopReason", "the number of votes is fixed",
      expected: StopReason.fixed.rawValue, found: reason)
    examination.bound = Bound(
      kind: Self.boundKind, successes: claim.successes, samples: claim.samples, alpha: alpha)
    return examination
  }

  public func examine(_ claim: ClaimedCount, sigma: PixelNoise) -> Examination {
    var examination = examine(claim)
    examination.require(claim.against == nil, "against", "the order of a fixed number of votes says nothing")
    return examination
  }

  public static let samplesTitle = "Estimation votes n"

  public var summary: String { "\(Self.stop): after n votes, decided beforehand" }

  public func outlook(for radius: Double, sigma: PixelNoise) -> RadiusOutlook? {
    guard votesNeeded(for: radius, sigma: sigma) == nil else { return nil }
    return RadiusOutlook(text: "the target radius \(radius) is out of reach with these votes")
  }

  public var caveat: RadiusCaveat? { nil }
}
