import Basics

/// Everything CERTIFY found out about one image.
public struct CertifyResult: Hashable, Sendable {
  public let selection: SelectionVotes
  public let estimation: EstimationVotes
  public let certificate: Certificate

  /// The certificate for the candidate of `selection` from the votes of `estimation`.
  public init(selection: SelectionVotes, estimation: EstimationVotes, alpha: Double, sigma: PixelNoise) throws {
    self.selection = selection
    self.estimation = estimation
    certificate = try Certificate.bound(
      successes: estimation.successes(of: selection.candidate), samples: estimation.counts.total, alpha: alpha,
      sigma: sigma)
  }

  /// c_A, whether or not it could be certified.
  public var candidate: Int { selection.candidate }

  public var outcome: Outcome {
    certificate.radius.map { .certified(label: candidate, radius: $0) } ?? .abstained
  }

  /// Denoiser evaluations of both kinds of votes.
  public var evaluations: Int { selection.counts.evaluations + estimation.counts.evaluations }
}
