import Basics
import Certification
import Testing

@Suite struct CertifyTests {
  /// Votes that were written down beforehand.
  struct WrittenVotes: VoteSource {
    var classCount = 3
    var selection: [Vote.Choice]
    var estimation: [Vote.Choice]
    func votes(_ indices: Range<Int>, for purpose: VotePurpose) -> [Vote] {
      indices.map { Vote(choice: (purpose == .selection ? selection : estimation)[$0], evaluations: 7) }
    }
  }

  static func choices(_ parts: [(Vote.Choice, Int)]) -> [Vote.Choice] {
    parts.flatMap { Array(repeating: $0.0, count: $0.1) }
  }

  static func certify(_ votes: WrittenVotes) async throws -> CertifyResult {
    try await Certify(selectionSamples: votes.selection.count, samples: votes.estimation.count, alpha: 0.001)(
      votes, sigma: PixelNoise(0.5))
  }

  @Test("The class comes from the selection votes alone, the bound from the estimation votes alone")
  func roles() async throws {
    let votes = WrittenVotes(
      selection: Self.choices([(.label(2), 6), (.label(1), 4)]),
      estimation: Self.choices([(.label(1), 95), (.label(2), 5)]))
    let result = try await Self.certify(votes)
    #expect(result.candidate == 2)
    #expect(result.outcome == .abstained)
    #expect(result.certificate.pLower < 0.05)
    #expect(result.evaluations == 7 * 110)
  }

  @Test("A NaN vote counts against the class and is reported")
  func invalidVotes() async throws {
    let valid = WrittenVotes(selection: [.label(1)], estimation: Self.choices([(.label(1), 100)]))
    let some = WrittenVotes(
      selection: [.label(1)], estimation: Self.choices([(.label(1), 90), (.invalid, 10)]))
    let certified = try await Self.certify(valid)
    let weaker = try await Self.certify(some)
    let missing = try Certificate.bound(successes: 90, samples: 100, alpha: 0.001, sigma: PixelNoise(0.5))
    #expect(certified.outcome.label == 1)
    #expect(weaker.certificate == missing)
    #expect(weaker.estimation.counts.invalid == 10)
  }

  @Test("Selection ties go to the lowest class; no valid vote at all abstains")
  func ties() async throws {
    let tied = WrittenVotes(
      selection: [.label(2), .label(1)], estimation: Self.choices([(.label(1), 50)]))
    #expect(try await Self.certify(tied).candidate == 1)
    let none = WrittenVotes(selection: [.invalid], estimation: Self.choices([(.invalid, 50)]))
    #expect(try await Self.certify(none).outcome == .abstained)
  }

  @Test(
    "Options out of range are refused",
    arguments: [(0, 10, 0.1), (10, 0, 0.1), (-1, 10, 0.1), (10, 10, 0), (10, 10, 1), (10, 10, .nan)]
      as [(Int, Int, Double)])
  func impossible(selectionSamples: Int, samples: Int, alpha: Double) {
    #expect(throws: UsageError.self) {
      try Certify(selectionSamples: selectionSamples, samples: samples, alpha: alpha)
    }
  }

  /// SciPy: binomtest(k, n).pvalue.
  @Test(
    "PREDICT answers where SciPy's two-sided test has p ≤ α",
    arguments: [(60, 40, 0.05688793364098089), (65, 35, 0.0035176417229701587), (75, 25, 5.636282034205402e-07)])
  func predict(first: Int, second: Int, pValue: Double) {
    let counts = VoteCountsTests.counts([second, first, 1])
    for alpha in [0.1, 0.01, 0.001, 1e-7] {
      let result = PredictResult(counts: counts, alpha: alpha)
      #expect(abs(result.pValue - pValue) <= 1e-9 * pValue)
      #expect(result.label == (pValue <= alpha ? 1 : nil))
    }
  }

  @Test("PREDICT takes invalid votes for a rival and abstains on a tie")
  func predictRivals() {
    #expect(PredictResult(counts: VoteCountsTests.counts([60, 0, 0], invalid: 60), alpha: 0.999).label == nil)
    #expect(PredictResult(counts: VoteCountsTests.counts([60, 0, 0]), alpha: 0.001).label == 0)
    #expect(PredictResult(counts: VoteCountsTests.counts([0, 0, 0], invalid: 60), alpha: 0.001).label == nil)
  }
}
