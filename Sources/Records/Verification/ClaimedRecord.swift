import Certification

/// The fields of a line of records.jsonl as they stand there, believed in nothing: unlike an ``ImageRecord`` it may
/// contradict itself, and then each contradiction can be named.
struct ClaimedRecord: Decodable {
  struct Bound: Decodable {
    var rule: String
    var successes: Int
    var samples: Int
    var alpha: Double
  }

  var index: Int
  var label: Int
  var predicted: Int
  var abstained: Bool
  var radius: Double
  var candidate: Int
  var pLower: Double
  /// Absent from the oldest records of a fixed number of votes.
  var bound: Bound?
  var stopReason: String?
  var votes: [Int]
  var invalidVotes: Int
  var selectionVotes: [Int]
  var invalidSelectionVotes: Int
  var samples: Int
  var evaluations: Int
  var seconds: Double
  var correct: Bool

  /// Estimation and selection votes; nil where they cannot be numbers of votes.
  var voteSum: Int? { Self.sum(votes, invalidVotes) }
  var selectionSum: Int? { Self.sum(selectionVotes, invalidSelectionVotes) }

  /// c_A by the selection votes, ties to the lowest class; nil without classes.
  var leader: Int? {
    guard let most = selectionVotes.max() else { return nil }
    return selectionVotes.firstIndex(of: most)
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
