import Certification
import Foundation
import Records
import Testing

@Suite struct ClaimedRecordTests {
  @Test func `the class with most selection votes leads, ties to the lowest`() async throws {
    var claim = try await HonestRun().claim()
    for (votes, leader) in [([1, 4, 0], 1), ([0, 2, 2], 1), ([0, 0, 0], 0)] {
      claim.selectionVotes = votes
      #expect(claim.leader == leader)
    }
    claim.selectionVotes = []
    #expect(claim.leader == nil)
  }

  @Test func `votes sum with the invalid ones, where they are numbers of votes`() async throws {
    var claim = try await HonestRun().claim()
    claim.votes = [1, 2, 3]
    claim.invalidVotes = 4
    claim.selectionVotes = [5, 0]
    claim.invalidSelectionVotes = 6
    #expect(claim.voteSum == 10 && claim.selectionSum == 11)
    for wrong in [-1, Int(UInt32.max) + 1, .max, .min] {
      claim.votes[1] = wrong
      claim.invalidSelectionVotes = wrong
      #expect(claim.voteSum == nil && claim.selectionSum == nil)
    }
  }

  @Test func `a claim may contradict itself, and the oldest name neither bound nor reason`() throws {
    let line = """
      {"index":1,"label":9,"predicted":2,"abstained":true,"radius":3,"candidate":1,"pLower":7,"votes":[1,2],
      "invalidVotes":-3,"selectionVotes":[4],"invalidSelectionVotes":0,"samples":99,"evaluations":-1,"seconds":-2,
      "correct":true}
      """
    let claim = try JSONDecoder().decode(ClaimedRecord.self, from: Data(line.utf8))
    #expect(claim.bound == nil && claim.stopReason == nil && claim.votes == [1, 2] && claim.samples == 99)
    #expect(throws: DecodingError.self) { try JSONDecoder().decode(ImageRecord.self, from: Data(line.utf8)) }
  }

  @Test func `its rule answers for the candidate's votes, the bound and the reason`() async throws {
    let claim = try await HonestRun(kind: .targets).claim()
    let count = claim.count
    #expect(count.candidate == 0 && count.successes == claim.votes[0] && count.samples == claim.samples)
    #expect(count.bound == claim.bound && count.bound?.rule == "beta-mixture" && count.stopReason == "targets")
  }
}
