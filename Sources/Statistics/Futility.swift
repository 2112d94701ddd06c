/// When to give up on a bound that a budget of trials will hardly bring.
///
/// Every ``interval`` trials, a bound is given up if either
///
/// - the mirrored sequence (``AnytimeUpperBound`` at ``level``) says that the probability itself is lower, or
/// - the chance of reaching it with the budget's last trial is below ``chance``, as the trials so far predict the rest:
///   X ~ BetaBinomial(N − n; k + ½, n − k + ½), Jeffreys' prior; given up if Pr(X ≥ k_N − k) < chance, where k_N
///   successes in all N trials reach the bound.
///
/// The second gives up long before the first. It spends nothing of the bound's α, which holds at every stopping time,
/// also at one chosen because there was no hope: giving up too early costs certificates, never soundness. What it
/// costs and saves, and why the chance is what it is: `Docs/Statistics.md`.
public struct Futility: Hashable, Sendable {
  /// The upper sequence's α.
  public static let level = 0.01
  /// What the chance must have fallen below.
  public static let chance = 0.001
  /// Giving up is considered every so many trials.
  public static let interval = 16

  /// N.
  public let budget: Int
  /// The bound sought.
  public let bound: Double
  /// k_N.
  public let successesNeeded: Int

  /// Nil where not even a budget of nothing but successes reaches the bound.
  ///
  /// - Precondition: 0 < bound < 1, budget ≥ 0, 0 < α < 1.
  public init?(bound: Double, budget: Int, alpha: Double) {
    guard let needed = ConfidenceSequence.successesNeeded(toReach: bound, trials: budget, alpha: alpha) else {
      return nil
    }
    self.budget = budget
    self.bound = bound
    successesNeeded = needed
  }

  /// Whether to give up after so many trials of the budget, with `upperBound` the running minimum of the upper
  /// sequence.
  public func isHopeless(
    successes: Int, trials: Int, upperBound: Double, chance: Double = Futility.chance
  ) -> Bool {
    if upperBound < bound { return true }
    // Below the mean of what is predicted, the chance is about ½ or more.
    let missing = successesNeeded - successes
    let rest = Self.prediction(successes: successes, trials: trials, budget: budget)
    return Double(missing) > rest.mean && rest.survival(missing - 1) < chance
  }

  /// What the trials so far predict for those left in the budget.
  public static func prediction(successes: Int, trials: Int, budget: Int) -> BetaBinomialDistribution {
    BetaBinomialDistribution(
      trials: budget - trials, a: Double(successes) + 0.5, b: Double(trials - successes) + 0.5)
  }
}
