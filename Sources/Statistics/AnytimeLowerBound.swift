import Foundation

/// The running maximum of L_1, L_2, …, L_n over the votes of one image, in the order of their indices
/// (Docs/Mathematics.md, Anytime-valid certification).
///
///     var bound = AnytimeLowerBound(alpha: 0.001)
///     for vote in votes { bound.add(success: vote == candidate) }   // vote 0, 1, 2, … none left out
///
/// Guarantee: for independent trials of the same success probability p, the probability that `bound` ever exceeds p is
/// at most α, however long one goes on and whatever one stops for (``ConfidenceSequence``). The trials must be counted
/// in an order fixed before any of them was seen. The order in which they *finish* is not such an order: where easy
/// votes finish first, successes are counted early, and the guarantee is void.
public struct AnytimeLowerBound: Hashable, Sendable {
  /// k of n: the successes among the first votes.
  public struct Prefix: Hashable, Sendable, Codable {
    public let successes: Int
    public let trials: Int

    public init(successes: Int, trials: Int) {
      self.successes = successes
      self.trials = trials
    }
  }

  /// α.
  public let alpha: Double
  /// k.
  public private(set) var successes = 0
  /// n.
  public private(set) var trials = 0
  /// max_{m ≤ n} L_m; 0 before the first success.
  public private(set) var bound = 0.0
  /// (k*, n*), the first prefix at which the maximum was attained; 0 of 0 before the first success.
  ///
  /// `bound` is `ConfidenceSequence.lowerBound(successes: k*, trials: n*, alpha: α)`, to the last bit.
  public private(set) var attained = Prefix(successes: 0, trials: 0)

  /// ln 1/α.
  private let target: Double

  /// - Precondition: 0 < α < 1.
  public init(alpha: Double) {
    ConfidenceSequence.check(0, 0, alpha)
    self.alpha = alpha
    target = -log(alpha)
  }

  /// Counts the next vote.
  public mutating func add(success: Bool) {
    let follows = attained.trials == trials
    trials += 1
    // A failure lowers L.
    guard success else { return }
    successes += 1
    // A success raises it, so one that follows the maximum needs no test. Otherwise only if M_n(maximum) ≥ 1/α.
    if !follows, bound > 0 {
      let mixture = OneSidedBetaMixture(successes: successes, trials: trials)
      if bound * Double(trials) >= Double(successes) || mixture.upperEstimate(at: bound).logarithm < target { return }
    }
    let lower = ConfidenceSequence.lowerBound(successes: successes, trials: trials, alpha: alpha)
    guard lower > bound else { return }
    bound = lower
    attained = Prefix(successes: successes, trials: trials)
  }
}
