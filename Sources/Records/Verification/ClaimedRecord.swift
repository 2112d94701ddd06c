import Basics
import Certification

/// The fields of a line of records.jsonl as they stand there, believed in nothing: unlike an ``ImageRecord`` it may
/// contradict itself, and then each contradiction can be named.
package struct ClaimedRecord: Hashable, Decodable {
  package var index: Int
  package var label: Int
  /// Absent from records of versions before 0.3.0.
  package var picture: RecordedPicture?
  package var predicted: Int
  package var abstained: Bool
  package var radius: Double
  package var candidate: Int
  package var pLower: Double
  /// Absent from the oldest records of a fixed number of votes.
  package var bound: ClaimedCount.Bound?
  package var stopReason: String?
  package var against: VotesAgainst?
  package var votes: [Int]
  package var invalidVotes: Int
  package var selectionVotes: [Int]
  package var invalidSelectionVotes: Int
  package var samples: Int
  package var evaluations: Int
  package var seconds: Double
  package var correct: Bool

  /// Estimation and selection votes; nil where they cannot be numbers of votes.
  package var voteSum: Int? { Self.sum(votes, invalidVotes) }
  package var selectionSum: Int? { Self.sum(selectionVotes, invalidSelectionVotes) }

  /// The place of c_A by the selection votes, ties to the lowest class; nil without classes.
  package var leader: Int? {
    guard let most = selectionVotes.max() else { return nil }
    return selectionVotes.firstIndex(of: most)
  }

  /// What the run's rule answers for, where all of the model's classes were chosen among.
  package var count: ClaimedCount { count(among: ClassSet(count: votes.count)) }

  /// What the run's rule answers for.
  ///
  /// - Parameter classes: as many as the votes.
  package func count(among classes: ClassSet) -> ClaimedCount {
    ClaimedCount(
      candidate: candidate,
      successes: classes.place(of: candidate).map { votes[$0] } ?? 0,
      samples: samples, bound: bound, stopReason: stopReason, against: against)
  }

  package init(_ record: ImageRecord) {
    index = record.index
    label = record.label
    picture = record.picture
    predicted = record.outcome.label ?? ImageRecord.abstention
    abstained = record.abstained
    radius = record.outcome.radius ?? 0
    candidate = record.candidate
    pLower = record.pLower
    bound = record.bound.map {
      .init(rule: $0.kind.rawValue, successes: $0.successes, samples: $0.samples, alpha: $0.alpha)
    }
    stopReason = record.stopReason.rawValue
    against = record.against
    votes = record.votes
    invalidVotes = record.invalidVotes
    selectionVotes = record.selectionVotes
    invalidSelectionVotes = record.invalidSelectionVotes
    samples = record.samples
    evaluations = record.evaluations
    seconds = record.seconds
    correct = record.correct
  }

  private static func sum(_ votes: [Int], _ invalid: Int) -> Int? {
    var sum = 0
    for count in votes + [invalid] {
      guard (0...Int(UInt32.max)).contains(count) else { return nil }
      let (next, overflow) = sum.addingReportingOverflow(count)
      guard !overflow else { return nil }
      sum = next
    }
    return sum
  }
}
