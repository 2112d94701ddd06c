import Records
import Basics
import Certification
import Testing

@Suite struct RunSummaryTests {
  /// A record with a made-up outcome.
  static func record(_ index: Int, label: Int, _ outcome: Outcome, invalid: Int = 0) throws -> ImageRecord {
    let votes = VoteCounts([Vote(choice: .label(0), evaluations: 10)], classCount: 3)
    var record = ImageRecord(
      index: index, label: label,
      result: try CertifyResult(
        selection: SelectionVotes(votes), estimation: EstimationVotes(votes), alpha: 0.1, sigma: PixelNoise(1)),
      seconds: 2)
    record.outcome = outcome
    record.invalidVotes = invalid
    return record
  }

  static func records() throws -> [ImageRecord] {
    [
      try record(0, label: 0, .certified(label: 0, radius: 0.25)),
      try record(1, label: 1, .certified(label: 1, radius: 1.5), invalid: 2),
      try record(2, label: 2, .certified(label: 1, radius: 3)),
      try record(3, label: 0, .abstained),
      try record(4, label: 2, .certified(label: 2, radius: 0.7)),
      try record(5, label: 1, .certified(label: 1, radius: 0.01)),
      try record(6, label: 1, .abstained),
    ]
  }

  @Test("The numbers are those counted by hand")
  func byHand() throws {
    let summary = RunSummary(try Self.records())
    #expect(summary.images == 7)
    #expect(summary.correct == 4)
    #expect(summary.accuracy == 4.0 / 7)
    #expect(summary.abstentions == 2)
    #expect(summary.certified.map(\.radius) == [0, 0.25, 0.5, 0.75, 1])
    #expect(summary.certified.map(\.images) == [4, 3, 2, 1, 1])
    #expect(summary.certified.map(\.accuracy) == [4, 3, 2, 1, 1].map { $0 / 7 })
    #expect(abs(summary.averageCertifiedRadius - 2.46 / 7) < 1e-15)
    #expect(summary.invalidVotes == 2)
    #expect(summary.evaluations == 7 * 20)
    #expect(summary.seconds == 14)
    #expect(summary.evaluationsPerSecond == 10)
  }

  @Test("The table shows shares and radii rounded down")
  func table() throws {
    #expect(
      RunSummary(try Self.records()).table == """
        images                      7
        accuracy                    57.14 %  (4 of 7; abstentions count as wrong)
        abstentions                 2
        certified accuracy at 0.00  57.14 %  (4 of 7)
        certified accuracy at 0.25  42.85 %  (3 of 7)
        certified accuracy at 0.50  28.57 %  (2 of 7)
        certified accuracy at 0.75  14.28 %  (1 of 7)
        certified accuracy at 1.00  14.28 %  (1 of 7)
        average certified radius    0.3514
        invalid votes (NaN)         2
        evaluations                 140
        evaluations/s               10.0
        time                        0:00:14

        """)
  }

  @Test("No images make a summary without shares")
  func empty() {
    let summary = RunSummary([])
    #expect(summary.accuracy == 0 && summary.averageCertifiedRadius == 0)
    #expect(!summary.table.contains("accuracy"))
  }
}
