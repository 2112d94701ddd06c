import Basics
import Certification
import Foundation
import TestSupport
import Testing

@Suite struct VotesAgainstTests {
  private func text(_ votes: VotesAgainst) throws -> String {
    String(decoding: try StableJSON.line(votes), as: UTF8.self)
  }

  private func read(_ text: String) throws -> VotesAgainst {
    try JSONDecoder().decode(VotesAgainst.self, from: Data(text.utf8))
  }

  @Test func `few are written as gaps, many as bits`() throws {
    #expect(try text(VotesAgainst([])) == #"{"gaps":[]}"#)
    #expect(try text(VotesAgainst([5, 6, 180])) == #"{"gaps":[5,1,174]}"#)
    // Nine votes of ten: the bits 0111 1111 1101 1111 1111 …
    let many = (0..<40).filter { $0 % 10 != 0 }
    #expect(try text(VotesAgainst(many)) == #"{"bits":"f9/3/f8="}"#)
  }

  @Test(arguments: [0, 0.01, 0.1, 0.3, 0.5, 0.9, 1]) func `they come back the same`(share: Double) throws {
    for trials in [0, 1, 7, 8, 9, 64, 1000, 5000] {
      let places = SplitMix64.votes(trials, min(share, 1 - 0x1p-53), seed: UInt64(trials)).enumerated()
        .filter(\.element).map(\.offset)
      let votes = VotesAgainst(places)
      #expect(votes.places == places && votes.count == places.count && votes.span == (places.last ?? -1) + 1)
      let line = try text(votes)
      let again = try read(line)
      #expect(again == votes && again.places == places && again.count == votes.count && again.span == votes.span)
      // An eighth of a byte a vote, 4/3 of it as text, and the two names.
      #expect(line.utf8.count <= trials / 6 + 16)
    }
  }

  @Test(arguments: [
    (#"{}"#, "in a form that this version does not know"),
    (#"{"runs":[1]}"#, "in a form that this version does not know"),
    (#"{"gaps":[3],"bits":"EA=="}"#, "one form"), (#"{"gaps":[3,0]}"#, "do not ascend"),
    (#"{"gaps":[4194304]}"#, "beyond the votes whose places are kept"),
    (#"{"gaps":[4194303,4294967295]}"#, "beyond the votes whose places are kept"),
    (#"{"bits":"EA=="}"#, "not the shorter form"), (#"{"bits":"f9/3/f8A"}"#, "bits that end in a vote"),
    (#"{"bits":"?"}"#, "bits that end in a vote"), (#"{"bits":""}"#, "bits that end in a vote"),
    (#"{"gaps":[1,1,1,1,1,1,1,1,1,2]}"#, "not the shorter form"),
  ])
  func `what is no list of places, or not in its one form, is refused`(damaged: String, complaint: String) {
    let error = #expect(throws: DecodingError.self, "\(damaged)") { try read(damaged) }
    #expect(error.map { "\($0)".contains(complaint) } ?? false, "\(String(describing: error))")
  }

  @Test func `a place may be the first, and a gap negative in no form`() throws {
    #expect(try read(#"{"gaps":[0]}"#).places == [0])
    #expect(throws: DecodingError.self) { try read(#"{"gaps":[-1]}"#) }
  }
}
