import Statistics

/// Where a lower bound on p_A comes from: enough for anyone to compute it again.
public struct Bound: Hashable, Sendable {
  public enum Kind: String, Hashable, Sendable, Codable {
    /// Clopper–Pearson on a number of votes fixed beforehand.
    case clopperPearson = "clopper-pearson"
    /// The one-sided beta-mixture confidence sequence, valid at every number of votes (Docs/Mathematics.md,
    /// Anytime-valid certification).
    case betaMixture = "beta-mixture"

    func lowerBound(successes: Int, trials: Int, alpha: Double, rounding: BoundRounding = .down) -> Double {
      switch self {
      case .clopperPearson:
        ClopperPearson.lowerBound(successes: successes, trials: trials, alpha: alpha, rounding: rounding)
      case .betaMixture:
        ConfidenceSequence.lowerBound(successes: successes, trials: trials, alpha: alpha, rounding: rounding)
      }
    }

    private func upperBound(successes: Int, trials: Int, alpha: Double) -> Double {
      switch self {
      case .clopperPearson: ClopperPearson.upperBound(successes: successes, trials: trials, alpha: alpha)
      case .betaMixture: ConfidenceSequence.upperBound(successes: successes, trials: trials, alpha: alpha)
      }
    }

    /// Between the lower and the upper bound, each of which fails with probability at most `alpha`.
    package func interval(successes: Int, trials: Int, alpha: Double) -> ClosedRange<Double> {
      let upper = upperBound(successes: successes, trials: trials, alpha: alpha)
      return min(lowerBound(successes: successes, trials: trials, alpha: alpha), upper)...upper
    }
  }

  public let kind: Kind
  /// k: votes for the candidate. Of a confidence sequence those at n*, where its maximum was attained.
  public let successes: Int
  /// n, of a confidence sequence n*.
  public let samples: Int
  public let alpha: Double

  public init(kind: Kind, successes: Int, samples: Int, alpha: Double) {
    self.kind = kind
    self.successes = successes
    self.samples = samples
    self.alpha = alpha
  }

  /// The lower bound on p_A.
  public var value: Double { value(rounding: .down) }

  /// The lower bound on p_A as another version rounded it.
  public func value(rounding: BoundRounding) -> Double {
    kind.lowerBound(successes: successes, trials: samples, alpha: alpha, rounding: rounding)
  }
}

extension Bound: Codable {
  enum CodingKeys: String, CodingKey {
    case kind = "rule"
    case successes, samples, alpha
  }
}
