/// The running minimum of U_1, U_2, …, U_n: ``AnytimeLowerBound`` of the failures, mirrored.
///
/// Guarantee: the probability that `bound` ever falls below p is at most α. Its α is that of giving up on an image
/// that could have been certified; the certificate's own error is no larger for it.
public struct AnytimeUpperBound: Hashable, Sendable {
  private var failures: AnytimeLowerBound

  /// - Precondition: 0 < α < 1.
  public init(alpha: Double) { failures = AnytimeLowerBound(alpha: alpha) }

  /// α.
  public var alpha: Double { failures.alpha }
  /// k.
  public var successes: Int { failures.trials - failures.successes }
  /// n.
  public var trials: Int { failures.trials }
  /// min_{m ≤ n} U_m; 1 before the first failure.
  public var bound: Double { ConfidenceSequence.mirrored(failures.bound) }
  /// The first prefix at which the minimum was attained; 0 of 0 before the first failure.
  public var attained: AnytimeLowerBound.Prefix {
    .init(successes: failures.attained.trials - failures.attained.successes, trials: failures.attained.trials)
  }

  /// Counts the next vote.
  public mutating func add(success: Bool) { failures.add(success: !success) }
}
