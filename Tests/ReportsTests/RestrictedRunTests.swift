import Basics
import Certification
import Foundation
import Records
import Reports
import Testing

/// Reports of a run whose classifier chooses among classes 2, 5 and 9.
@Suite("Some of a model's classes") struct RestrictedRunTests {
  /// (label, predicted, votes of ten); the lines are those of a run directory.
  private static func run(
    _ rows: [(Int, Int, [Int])], classes: String? = "[2,5,9]", others: String? = nil,
    _ body: (ReportedRun) throws -> Void
  ) throws {
    try withTemporaryFolder { folder in
      let members = [
        classes.map { "\"classes\":\($0)" }, others.map { "\"otherClasses\":\"\($0)\"" },
        "\"classifier\":{\"specification\":{\"method\":\"apndc\"}}", "\"smoothing\":{\"sigma\":0.5,\"alpha\":0.1}",
      ]
      try Data("{\(members.compactMap(\.self).joined(separator: ","))}".utf8)
        .write(to: folder.appendingPathComponent("run.json"))
      let lines = rows.enumerated().map { index, row in
        let most = row.2.max() ?? 0
        return "{\"index\":\(index),\"label\":\(row.0),\"predicted\":\(row.1),\"abstained\":false,\"radius\":0.01,"
          + "\"candidate\":\(row.1),\"pLower\":0.6,\"bound\":{\"rule\":\"clopper-pearson\",\"successes\":\(most),"
          + "\"samples\":10,\"alpha\":0.1},\"stopReason\":\"fixed\",\"votes\":\(row.2),\"invalidVotes\":0,"
          + "\"selectionVotes\":\(row.2),\"invalidSelectionVotes\":0,\"samples\":10,\"evaluations\":10,\"seconds\":1,"
          + "\"correct\":\(row.0 == row.1)}\n"
      }
      try Data(lines.joined().utf8).write(to: folder.appendingPathComponent("records.jsonl"))
      try body(try ReportedRun.read(folder.path))
    }
  }

  private static let rows = [(9, 9, [1, 0, 9]), (5, 5, [0, 10, 0]), (2, 5, [1, 9, 0])]

  @Test("The title, the notes, the page and the JSON name the classes")
  func named() throws {
    try Self.run(Self.rows, others: "skipped") { run in
      #expect(run.name == "apndc among classes 2, 5 and 9, σ = 0.5")
      let note = try #require(run.notes.first?.description)
      #expect(note.contains("classes 2, 5 and 9 only") && note.contains("left out"))
      let report = HTMLReport(runs: [run], radii: [0.25])
      let page = report.html()
      #expect(page.contains("<dt>Classes</dt><dd>2, 5, 9</dd>"))
      #expect(page.contains("<dt>Images of other classes</dt><dd>left out</dd>"))
      #expect(page.contains("f chooses among classes 2, 5 and 9 alone"))
      #expect(report.tables.certified().markdown().contains("among classes 2, 5 and 9"))
      #expect(ReportSummary(report).runs[0].notes[0] == note)
      #expect(ReportSummary(report).runs[0].classes?.labels == [2, 5, 9])
    }
    try Self.run([(0, 0, [10, 0])], classes: nil) { run in
      #expect(run.name == "apndc, σ = 0.5" && run.notes.isEmpty)
      #expect(!HTMLReport(runs: [run], radii: [0.25]).html().contains("<dt>Classes"))
    }
  }

  @Test("Votes are shown under the model's labels, other images' in rows of their own")
  func votes() throws {
    try Self.run(Self.rows + [(7, 9, [0, 1, 9])], others: "countedWrong") { run in
      let confusion = try #require(VoteConfusion(run))
      #expect(confusion.classes.labels == [2, 5, 9] && confusion.labels == [2, 5, 7, 9])
      #expect(confusion.counts == [[1, 9, 0], [0, 10, 0], [0, 1, 9], [1, 0, 9]])
      #expect(confusion.accuracy?.count == 20 && confusion.accuracy?.total == 40)
      #expect(confusion.worst(2).map { [$0.label, $0.voted] } == [[2, 5], [7, 9]])
      #expect(run.correct.count == 2)
      let page = HTMLReport(runs: [run], radii: [0.25]).html()
      #expect(page.contains("every answer to them counts as wrong"))
      #expect(page.contains("<th scope=\"row\">7</th>"))
      // The share of votes for the label: an image of another class has none, and is among the hardest.
      #expect(GallerySelection(run, count: 1).entries[0].position == 3)
    }
    let text = AbstentionText.reason(votes: [4, 6, 0], candidate: 2, classes: try ClassSet([2, 5, 9])) { "\($0)" }
    #expect(text.hasPrefix("the top two classes were 5 with 6 votes and 2 with 4 votes"))
    #expect(text.hasSuffix("the selection votes had chosen 2"))
    let card = GalleryCard(
      title: "t", answer: "a", votes: [4, 6, 0], classes: try ClassSet([2, 5, 9]), explanation: nil, sigma: nil,
      label: 9)
    #expect(card.html().text.contains("<tr class=\"own\"><th scope=\"row\">9</th>"))
  }

  @Test("Runs among other classes are not comparable, whatever they are called")
  func comparability() throws {
    try Self.run(Self.rows) { some in
      try Self.run([(9, 9, [1, 9]), (5, 5, [10, 0]), (2, 5, [9, 1])], classes: "[5,9]", others: "countedWrong") {
        fewer in
        let found = Comparability(some, fewer)
        #expect(
          found.obstacles.contains { $0.hasPrefix("A chooses among classes 2, 5 and 9, B among classes 5 and 9") })
        #expect(!found.isComparable && found.mismatches.isEmpty)
        #expect(throws: RunComparison.NotComparable.self) { try RunComparison(some, fewer, radii: [0]) }
        let comparison = try? RunComparison(some, fewer, radii: [0], anyway: true)
        #expect(comparison?.images == 3)
        #expect(HTMLReport(runs: [some, fewer], radii: [0]).warnings.contains { $0.contains("different classes") })
      }
      #expect(Comparability(some, some).obstacles.isEmpty)
    }
  }

  @Test(
    "A label that the classes do not have is refused where the run says nothing of others", arguments: [nil, "skipped"])
  func refused(others: String?) throws {
    let error = #expect(throws: InputError.self) {
      try Self.run([(7, 9, [0, 1, 9])], others: others) { _ in }
    }
    #expect(error?.location?.contains("label") == true)
  }
}
