import Statistics

/// Whether two counts of votes can be of the same classifier, where its engine rounds differently and no vote can be
/// confirmed bit for bit.
///
/// Each count gives an interval for the probability of a vote for the candidate: Clopper–Pearson where the number of
/// votes is fixed, the beta-mixture confidence sequence, which holds at every number of votes, where it is not. Each
/// of the four limits fails with probability at most level/4, so intervals of the same probability are disjoint with
/// probability at most `level`, however the two counts depend on each other (they share their noise).
enum VoteCompatibility {
  /// The probability of contradicting an honest count.
  static let level = 1e-6

  struct Count: Hashable, Sendable {
    var successes: Int
    var trials: Int
  }

  static func areCompatible(_ first: Count, _ second: Count, isFixed: Bool, level: Double = level) -> Bool {
    interval(first, isFixed, level / 4).overlaps(interval(second, isFixed, level / 4))
  }

  private static func interval(_ count: Count, _ isFixed: Bool, _ alpha: Double) -> ClosedRange<Double> {
    let (k, n) = (count.successes, count.trials)
    let lower =
      isFixed
      ? ClopperPearson.lowerBound(successes: k, trials: n, alpha: alpha)
      : ConfidenceSequence.lowerBound(successes: k, trials: n, alpha: alpha)
    let upper =
      isFixed
      ? ClopperPearson.upperBound(successes: k, trials: n, alpha: alpha)
      : ConfidenceSequence.upperBound(successes: k, trials: n, alpha: alpha)
    return min(lower, upper)...upper
  }
}
