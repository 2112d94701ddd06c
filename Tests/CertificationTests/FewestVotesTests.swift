import Certification
import Testing

@Suite struct FewestVotesTests {
  @Test(arguments: [(0.001, 10), (0.1, 4), (0.5, 2), (1e-6, 20)])
  func `of a fixed number of votes as many are needed as agreeing coins would take to seem unfair`(
    alpha: Double, expected: Int
  ) throws {
    // α^(1/n) > 1/2.
    #expect(CertificationRule.fixed(try Certify(selectionSamples: 5, samples: 5, alpha: alpha)).fewestVotes == expected)
  }

  @Test func `one vote less certifies nothing`() throws {
    for alpha in [0.05, 0.001] {
      func rule(_ votes: Int) throws -> CertificationRule {
        .tolerance(try AnytimeTolerance(selectionSamples: 5, budget: votes, alpha: alpha, tolerance: 0.01))
      }
      let fewest = try #require(try rule(3).fewestVotes)
      #expect(try rule(fewest).bestBound > 0.5 && rule(fewest - 1).bestBound <= 0.5)
    }
  }
}
