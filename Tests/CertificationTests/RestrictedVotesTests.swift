import Basics
import Certification
import Classifiers
import Testing

@Suite struct RestrictedVotesTests {
  @Test func `votes are for labels, counted by place, and ties go to the lowest label`() throws {
    let classes = try ClassSet([9, 2, 5])
    let votes = [1, 2, 2, 1, 0].map { place in
      Vote(ClassLosses(losses: (0..<3).map { $0 == place ? 0 : 1 }, evaluations: 3), among: classes)
    }
    #expect(votes.map(\.choice) == [5, 9, 9, 5, 2].map { .label($0) })
    let counts = VoteCounts(votes, classes: classes)
    #expect(counts.perClass == [1, 2, 2] && counts.leader == 5)
    #expect(counts.votes(for: 9) == 2 && counts.votes(for: 3) == 0)
    #expect(counts.strongestRival(of: 5) == 2 && counts.strongestRival(of: 9) == 2)
    #expect(SelectionVotes(counts).candidate == 5 && EstimationVotes(counts).successes(of: 2) == 1)
  }

  @Test func `a certificate and a prediction name the model's label`() async throws {
    struct Votes: VoteSource {
      let classes: ClassSet
      var classCount: Int { classes.count }
      func votes(_ indices: Range<Int>, for purpose: VotePurpose) -> [Vote] {
        indices.map { Vote(choice: .label($0 % 10 == 0 ? 2 : 9), evaluations: 1) }
      }
    }
    let votes = Votes(classes: try ClassSet([2, 9]))
    let sigma = PixelNoise(0.5)
    let rules: [CertificationRule] = [
      .fixed(try Certify(selectionSamples: 5, samples: 60, alpha: 0.01)),
      .tolerance(try AnytimeTolerance(selectionSamples: 5, budget: 60, alpha: 0.01, tolerance: 0.01)),
      .targets(try AnytimeTargets(selectionSamples: 5, budget: 60, alpha: 0.01, targets: [0.25])),
    ]
    for rule in rules {
      let result = try await rule(votes, sigma: sigma)
      #expect(result.candidate == 9 && result.outcome.label == 9)
      #expect(result.estimation.counts.perClass.count == 2 && result.estimation.successes(of: 9) > 20)
    }
    #expect(try await Predict(samples: 60, alpha: 0.01)(votes).label == 9)
  }
}
