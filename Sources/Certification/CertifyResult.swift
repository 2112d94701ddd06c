import Basics

/// Everything CERTIFY found out about one image.
public struct CertifyResult: Hashable, Sendable {
  public let selection: SelectionVotes
  public let estimation: EstimationVotes
  /// Where the certificate's bound comes from.
  public let bound: Bound
  public let certificate: Certificate
  public let stopReason: StopReason
  /// Denoiser evaluations of votes that were cast beyond the stop and not looked at.
  public let discardedEvaluations: Int
  /// Which estimation votes were against the candidate; nil where their number was fixed, and where they are too many.
  public let against: VotesAgainst?

  /// The certificate for the candidate of `selection` from a number of `estimation` votes fixed beforehand.
  public init(selection: SelectionVotes, estimation: EstimationVotes, alpha: Double, sigma: PixelNoise) throws {
    self.selection = selection
    self.estimation = estimation
    let successes = estimation.successes(of: selection.candidate)
    bound = Bound(kind: .clopperPearson, successes: successes, samples: estimation.counts.total, alpha: alpha)
    certificate = try Certificate.bound(
      successes: successes, samples: estimation.counts.total, alpha: alpha, sigma: sigma)
    stopReason = .fixed
    discardedEvaluations = 0
    against = nil
  }

  /// The certificate of an anytime-valid bound.
  init(
    selection: SelectionVotes, estimation: EstimationVotes, bound: Bound, sigma: PixelNoise, stopReason: StopReason,
    discardedEvaluations: Int, against: VotesAgainst?
  ) {
    self.selection = selection
    self.estimation = estimation
    self.bound = bound
    certificate = Certificate(pLower: bound.value, sigma: sigma)
    self.stopReason = stopReason
    self.discardedEvaluations = discardedEvaluations
    self.against = against
  }

  /// c_A, whether or not it could be certified.
  public var candidate: Int { selection.candidate }

  public var outcome: Outcome {
    certificate.radius.map { .certified(label: candidate, radius: $0) } ?? .abstained
  }

  /// Denoiser evaluations of both kinds of votes, discarded ones included.
  public var evaluations: Int {
    selection.counts.evaluations + estimation.counts.evaluations + discardedEvaluations
  }
}
