import Certification

/// Whether two counts of votes can be of the same classifier, where its engine rounds differently and no vote can be
/// confirmed bit for bit.
///
/// Each count gives an interval for the probability of a vote for the candidate: Clopper–Pearson where the number of
/// votes is fixed, the beta-mixture confidence sequence, which holds at every number of votes, where it is not. Each
/// of the four limits fails with probability at most level/4, so intervals of the same probability are disjoint with
/// probability at most `level`, however the two counts depend on each other (they share their noise).
package enum VoteCompatibility {
  /// The probability of contradicting an honest count.
  package static let level = 1e-6

  package struct Count: Hashable, Sendable {
    var successes: Int
    var trials: Int

    package init(successes: Int, trials: Int) {
      self.successes = successes
      self.trials = trials
    }

    fileprivate func interval(_ bound: Bound.Kind, _ alpha: Double) -> ClosedRange<Double> {
      bound.interval(successes: successes, trials: trials, alpha: alpha)
    }
  }

  package static func areCompatible(_ first: Count, _ second: Count, by bound: Bound.Kind, level: Double = level)
    -> Bool
  {
    first.interval(bound, level / 4).overlaps(second.interval(bound, level / 4))
  }
}
