import Records
import Testing

@Suite struct CompletenessVerificationTests {
  private func failures(_ recorded: [Int], of indices: [Int] = [1, 3, 5]) -> [VerificationFailure] {
    CompletenessVerification(indices: indices).failures(recorded.enumerated().map { ($0 + 1, $1) })
  }

  @Test func `one record for each image in the order promised is complete`() {
    #expect(failures([1, 3, 5]) == [])
    #expect(failures([5, 1, 3], of: [5, 1, 3]) == [])
  }

  @Test func `an image that was not promised is named`() {
    let found = failures([1, 2, 3, 5])
    #expect(places(found) == ["records.jsonl:2 index: the run has no such image"])
    #expect(found[0].found == "image 2")
  }

  @Test func `an image recorded twice is named with both lines`() {
    let found = failures([1, 3, 3, 5])
    #expect(places(found) == ["records.jsonl:3 index: an image is recorded twice"])
    #expect(found[0].found == "image 3, also on line 2")
  }

  @Test func `images in another order are named`() {
    let found = failures([1, 5, 3])
    #expect(places(found) == ["records.jsonl:3 index: not in the order of the run"])
    #expect(found[0].expected == "image 3 before image 5")
  }

  @Test func `missing images are counted and the first ten named`() {
    let few = failures([1, 5])
    #expect(places(few) == ["records.jsonl: 1 of 3 images have no record"] && few[0].expected == "image 3")
    let many = failures([], of: Array(0..<11))
    #expect(places(many) == ["records.jsonl: 11 of 11 images have no record"])
    #expect(many[0].expected == "image 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, …")
  }
}
