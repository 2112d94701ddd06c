import Basics

/// How an image is certified: with a number of votes fixed beforehand, or with as many as the answer needs.
public enum CertificationRule: Hashable, Sendable {
  case fixed(Certify)
  case anytime(AnytimeCertify)

  /// n₀.
  public var selectionSamples: Int {
    switch self {
    case .fixed(let rule): rule.selectionSamples
    case .anytime(let rule): rule.selectionSamples
    }
  }

  /// The most estimation votes.
  public var samples: Int {
    switch self {
    case .fixed(let rule): rule.samples
    case .anytime(let rule): rule.budget
    }
  }

  public var alpha: Double {
    switch self {
    case .fixed(let rule): rule.alpha
    case .anytime(let rule): rule.alpha
    }
  }

  /// The votes of an image, where their number is fixed.
  public var fixedVotes: Int? {
    if case .fixed(let rule) = self { rule.selectionSamples + rule.samples } else { nil }
  }

  /// The bound that nothing but agreeing votes brings.
  public var bestBound: Double {
    switch self {
    case .fixed(let rule):
      Bound(kind: .clopperPearson, successes: rule.samples, samples: rule.samples, alpha: rule.alpha).value
    case .anytime(let rule):
      Bound(kind: .betaMixture, successes: rule.budget, samples: rule.budget, alpha: rule.alpha).value
    }
  }

  /// Certifies the image whose votes `source` casts.
  public func callAsFunction(_ source: some VoteSource, sigma: PixelNoise) async throws -> CertifyResult {
    switch self {
    case .fixed(let rule): try await rule(source, sigma: sigma)
    case .anytime(let rule): try await rule(source, sigma: sigma)
    }
  }
}
