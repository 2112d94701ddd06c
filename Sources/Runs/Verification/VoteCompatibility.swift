import Certification

/// Whether two counts of votes can be of one probability, where engines round differently and no vote can be confirmed
/// bit for bit.
///
/// Each count gives an interval for the probability of a vote for the candidate: Clopper–Pearson where the number of
/// votes is fixed, the beta-mixture confidence sequence, which holds at every number of votes, where it is not. Each
/// of the four limits fails with probability at most level/4, so intervals of the same probability are disjoint with
/// probability at most `level`, however the two counts depend on each other (they share their noise). Disjoint intervals
/// prove, but for that level, that the probabilities differ, by the gap between them at least. They do not prove that the
/// votes were not cast: another instruction set rounds differently, int8 weights have 7 bits without VNNI, and how much
/// that changes the probability is bounded for no image.
package enum VoteCompatibility {
  /// The probability of telling two equal probabilities apart.
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

  /// By how much the two probabilities differ at least, with confidence 1 − level; 0 where they may be equal.
  package static func gap(_ first: Count, _ second: Count, by bound: Bound.Kind, level: Double = level) -> Double {
    let (one, other) = (first.interval(bound, level / 4), second.interval(bound, level / 4))
    return max(0, one.lowerBound - other.upperBound, other.lowerBound - one.upperBound)
  }

  package static func areCompatible(_ first: Count, _ second: Count, by bound: Bound.Kind, level: Double = level)
    -> Bool
  {
    first.interval(bound, level / 4).overlaps(second.interval(bound, level / 4))
  }
}
