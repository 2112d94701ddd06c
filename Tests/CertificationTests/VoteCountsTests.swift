import Certification
import Classifiers
import Testing

@Suite struct VoteCountsTests {
  static func counts(_ perClass: [Int], invalid: Int = 0) -> VoteCounts {
    var votes = (0..<invalid).map { _ in Vote(choice: .invalid, evaluations: 2) }
    for (label, count) in perClass.enumerated() {
      votes += (0..<count).map { _ in Vote(choice: .label(label), evaluations: 2) }
    }
    return VoteCounts(votes, classCount: perClass.count)
  }

  @Test("Ties go to the lowest class")
  func ties() {
    #expect(Self.counts([1, 4, 4, 2]).leader == 1)
    #expect(Self.counts([0, 0, 0], invalid: 5).leader == 0)
    #expect(Vote(ClassLosses(losses: [3, 1, 1], evaluations: 1)).choice == .label(1))
  }

  @Test("Invalid votes belong to no class but count as votes, and their evaluations as cost")
  func invalidVotes() {
    let counts = Self.counts([3, 1], invalid: 2)
    #expect(counts.perClass == [3, 1])
    #expect(counts.invalid == 2)
    #expect(counts.total == 6)
    #expect(counts.evaluations == 12)
    #expect(counts.strongestRival(of: 0) == 2)
  }

  @Test(
    "Losses with a NaN, or without a finite value, make an invalid vote",
    arguments: [[0, Double.nan, 1], [.nan, .nan, .nan], [.infinity, .infinity, .infinity]])
  func invalidLosses(losses: [Double]) {
    #expect(Vote(ClassLosses(losses: losses, evaluations: 1)).choice == .invalid)
  }

  @Test("A dropped class does not make a vote invalid")
  func droppedClass() {
    #expect(Vote(ClassLosses(losses: [.infinity, 2, .infinity], evaluations: 1)).choice == .label(1))
  }
}
