import Basics
import Certification
import Records

/// The votes on one image, those that an earlier session left among them: only the others are cast.
struct DurableVotes: VoteSource {
  let votes: ImageVotes
  let journal: VoteJournal

  var classCount: Int { votes.classCount }
  var classes: ClassSet { votes.classes }

  func votes(_ indices: Range<Int>, for purpose: VotePurpose) async throws -> [Vote] {
    let known = journal.votes(indices, for: purpose)
    let missing = indices.filter { known[$0] == nil }
    let cast = try await votes.votes(at: missing, for: purpose) { [journal] requests, votes in
      journal.add(zip(requests, votes).map { (Int($0.key.vote), $1) }, for: purpose)
    }
    try journal.requireWritten()
    var rest = cast[...]
    return indices.map { index in
      guard let vote = known[index] ?? rest.popFirst() else { preconditionFailure("every vote is known or was cast") }
      return vote
    }
  }
}
