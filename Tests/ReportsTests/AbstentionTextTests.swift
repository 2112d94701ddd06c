import Reports
import Testing

@Suite("Abstentions in words") struct AbstentionTextTests {
  @Test(
    "The two classes with most votes are named, one alone as too few, another than the selected as that",
    arguments: [
      ([21, 0, 19, 1], 0, "the top two classes were c0 with 21 votes and c2 with 19 votes"),
      ([1, 0, 1, 1], 0, "the top two classes were c0 with 1 vote and c2 with 1 vote"),
      ([0, 4, 0, 0], 1, "the only class with votes was c1 with 4 votes, too few to certify it"),
      ([0, 40, 0, 0], 2, "the only class with votes was c1 with 40 votes; the selection votes had chosen c2"),
      (
        [9, 12, 0, 0], 0,
        "the top two classes were c1 with 12 votes and c0 with 9 votes; the selection votes had chosen c0"
      ),
      ([0, 0, 0, 0], 3, "no class got a vote"),
    ])
  func reasons(votes: [Int], candidate: Int, text: String) {
    #expect(AbstentionText.reason(votes: votes, candidate: candidate) { "c\($0)" } == text)
  }
}
