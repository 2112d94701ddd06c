import Records
import Certification

extension ImageRecord {
  /// The bound on the candidate's probability that the same votes give at another level.
  ///
  /// A confidence sequence holds at every number of votes at once, hence at the n* that the record names. A record
  /// that names no bound is of version 0.1, whose bounds are Clopper–Pearson's on all votes.
  package func bound(atLevel alpha: Double) -> Bound {
    Bound(
      kind: bound?.kind ?? .clopperPearson, successes: bound?.successes ?? votes(for: candidate),
      samples: bound?.samples ?? samples, alpha: alpha)
  }
}
