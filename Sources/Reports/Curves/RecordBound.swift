import Certification
import Records
import Statistics

extension ImageRecord {
  /// The bound on the candidate's probability that the same votes give at another level.
  ///
  /// A confidence sequence holds at every number of votes at once: where the record keeps which votes were against the
  /// candidate, the largest of the whole sequence at this level; of earlier records at the n* that the record names,
  /// which is where it was largest at the run's level. A record that names no bound is of version 0.1, whose bounds are
  /// Clopper–Pearson's on all votes.
  ///
  /// - Parameter countsAgain: whether to count the votes, where the record keeps their order.
  package func bound(atLevel alpha: Double, countsAgain: Bool = true) -> Bound {
    guard countsAgain, bound?.kind == .betaMixture, let against, samples <= VotesAgainst.mostTrials else {
      return Bound(
        kind: bound?.kind ?? .clopperPearson, successes: bound?.successes ?? votes(for: candidate),
        samples: bound?.samples ?? samples, alpha: alpha)
    }
    let attained = AnytimeLowerBound.largest(against.places, of: samples, alpha: alpha)
    return Bound(kind: .betaMixture, successes: attained.successes, samples: attained.trials, alpha: alpha)
  }
}

extension Sequence<ImageRecord> {
  /// Whether counting the votes of all again ends in a few minutes, whatever a file claims.
  package var canBeCountedAgain: Bool {
    var votes = 0
    return allSatisfy { record in
      votes += Swift.min(record.samples, VotesAgainst.mostTrials)
      return votes <= 1 << 27
    }
  }
}

extension AnytimeLowerBound {
  /// Where the sequence is largest over so many trials, of which those at `failures` failed.
  fileprivate static func largest(_ failures: [Int], of trials: Int, alpha: Double) -> Prefix {
    var bound = AnytimeLowerBound(alpha: alpha)
    var failures = failures[...]
    for trial in 0..<trials {
      let isFailure = failures.first == trial
      if isFailure { failures.removeFirst() }
      bound.add(success: !isFailure)
    }
    return bound.attained
  }
}
