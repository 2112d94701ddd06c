import Basics
import Foundation
import Reports
import Runs
import TestSupport
import Testing

@Suite("Reading runs") struct RunReaderTests {
  /// A copy of a fixture's run, changed.
  static func changed(
    _ change: (URL) throws -> Void
  ) throws -> Result<ReportedRun, InputError> {
    try withTemporaryFolder { folder in
      let copy = folder.appendingPathComponent("run")
      try FileManager.default.copyItem(at: Fixture.folder.appendingPathComponent("run-0.25"), to: copy)
      try change(copy)
      do {
        return .success(try ReportedRun.read(copy.path))
      } catch let error as InputError {
        return .failure(error)
      }
    }
  }

  static func replace(_ old: String, _ new: String, in file: String) -> (URL) throws -> Void {
    { folder in
      let url = folder.appendingPathComponent(file)
      let text = try String(contentsOf: url, encoding: .utf8)
      try #require(text.contains(old))
      let range = try #require(text.range(of: old))
      try text.replacingCharacters(in: range, with: new).write(to: url, atomically: true, encoding: .utf8)
    }
  }

  @Test("A run brings its σ, its method and its images")
  func run() throws {
    let run = try Fixture.run("run-0.25")
    #expect(run.name == "apndc, σ = 0.25" && run.sigma == 0.25 && run.images.count == 60)
    #expect(run.origin?.alpha == 0.001 && run.origin?.smoothing?.seed == 5 && run.origin?.smoothing?.samples == 200)
    #expect(run.evaluationsPerImage == 31 * 220 && run.notes == [])
    #expect(try Fixture.run("run-0.5").method == run.method)
    #expect(try Fixture.run("run-0.5", called: "mine").name == "mine, σ = 0.5")
  }

  @Test("An unfinished run says so")
  func unfinished() throws {
    let run = try Self.changed(Self.replace("\"count\": 60", "\"count\": 100", in: "run.json")).get()
    #expect(run.notes == [.unfinished(finished: 60, images: 100)])
    #expect(run.notes.map(\.description) == ["The run is not finished: 60 of 100 images."])
  }

  @Test(
    "A target-stopped run is warned about, under each name its targets may have",
    arguments: ["targetRadii", "targetRadius"])
  func targetStopped(field: String) throws {
    let run = try Self.changed(
      Self.replace("\"stop\": \"fixed\"", "\"stop\": \"anytime\", \"\(field)\": [0.25, 0.5]", in: "run.json")
    ).get()
    #expect(run.caveat != nil)
    #expect(run.origin?.smoothing?.targetRadii == [0.25, 0.5])
    #expect(run.notes[0].description.contains("not comparable"))
    let report = HTMLReport(runs: [run], radii: [0.25])
    #expect(report.warnings.isEmpty, "the note says it")
    let html = report.html()
    #expect(html.contains("(target-stopped)") && html.contains("not comparable with those of other runs"))
    #expect(HTMLReport(runs: [run, run], radii: [0.25]).warnings[0].contains("ACR is not comparable"))
    // Watched for the sake of time alone, radii keep their meaning.
    let watched = try Self.changed(Self.replace("\"stop\": \"fixed\"", "\"stop\": \"anytime\"", in: "run.json")).get()
    #expect(watched.caveat == nil && watched.notes == [])
  }

  @Test(
    "What does not fit is named by file, line and field",
    arguments: [
      ("records.jsonl", "\"label\": 4", "\"label\": \"x\"", "records.jsonl, line"),
      ("records.jsonl", "\"index\": 20", "\"index\": 0", "line 2, field \"index\""),
      ("records.jsonl", "\"correct\": true", "\"correct\": false", "field \"correct\""),
      ("records.jsonl", "\"radius\": 0.1", "\"radius\": 1e300, \"x\": 0.1", "field \"radius\""),
      ("run.json", "\"alpha\"", "\"alpha", "run.json"),
      ("run.json", "\"alpha\": 0.001", "\"alpha\": \"small\"", "field \"smoothing.alpha\""),
      ("run.json", "\"libraries\": {}", "\"libraries\": [1]", "field \"host.libraries\""),
      ("run.json", "\"stop\": \"fixed\"", "\"targetRadii\": [\"x\"]", "field \"smoothing.targetRadii"),
    ])
  func damaged(file: String, old: String, new: String, message: String) throws {
    guard case .failure(let error) = try Self.changed(Self.replace(old, new, in: file)) else {
      Issue.record("read without complaint")
      return
    }
    #expect(error.description.contains(message), "\(error)")
  }

  @Test("A record that claims more than its votes certify is named")
  func overclaim() throws {
    let run = try Self.changed { folder in
      let url = folder.appendingPathComponent("records.jsonl")
      var lines = try String(contentsOf: url, encoding: .utf8).split(separator: "\n").map(String.init)
      let line = try #require(lines.firstIndex { $0.contains("\"radius\": 0.1") })
      lines[line] = lines[line].replacingOccurrences(of: "\"radius\": 0.1", with: "\"radius\": 0.9")
      try (lines.joined(separator: "\n") + "\n").write(to: url, atomically: true, encoding: .utf8)
    }.get()
    #expect(run.notes.count == 1 && run.notes[0].description.hasPrefix("1 records claim a larger radius"))
    #expect(try Fixture.run("run-0.25").notes == [])
    #expect(try Fixture.run("run-anytime").notes.count == 1, "only that it is target-stopped")
  }

  @Test("Absurd numbers make an absurd page or an error, never a crash")
  func absurd() throws {
    let changes: [(String, String, String)] = [
      ("run.json", "\"sigma\": 0.25,\n  \"stop\"", "\"sigma\": 1e300, \"stop\""),
      ("run.json", "\"alpha\": 0.001", "\"alpha\": -7"), ("run.json", "\"alpha\": 0.001", "\"alpha\": 1e300"),
      ("run.json", "\"count\": 60", "\"count\": 9223372036854775807"),
      ("run.json", "\"seed\": 5", "\"seed\": 18446744073709551615"),
      ("run.json", "\"smoothing\"", "\"nothing\""), ("run.json", "\"classifier\"", "\"nothing\""),
      ("records.jsonl", "\"seconds\": 1", "\"seconds\": 1e308, \"x\": 1"),
      ("records.jsonl", "\"evaluations\": 6820", "\"evaluations\": 9223372036854775807"),
    ]
    for (file, old, new) in changes {
      let result = try Self.changed(Self.replace(old, new, in: file))
      guard case .success(let run) = result else { continue }
      let report = HTMLReport(runs: [run], radii: [0, 0.25, 1e300])
      #expect(report.html().contains("</html>"))
      _ = report.chart.svg(standalone: true)
      _ = ReportSummary(report)
      _ = try? RunComparison(run, run, radii: [0]).table
    }
    let large = Fixture.made([(Int.max, Int.max, 1e9), (0, 0, 1e-300), (1, nil, 0)])
    #expect(HTMLReport(runs: [large], radii: [0.25]).html().contains("</html>"))
  }

  @Test("A folder without a run, a run without images and a path without a file are refused")
  func absent() throws {
    let empty = try Self.changed { folder in
      try Data().write(to: folder.appendingPathComponent("records.jsonl"))
    }
    #expect(throws: InputError.self) { try empty.get() }
    let bare = try Self.changed { try FileManager.default.removeItem(at: $0.appendingPathComponent("run.json")) }
    #expect(throws: InputError.self) { try bare.get() }
    #expect(throws: InputError.self) { try ReportedRun.read("/nowhere/at/all") }
  }

  @Test("A table gets its name from its file and its notes from its quirks")
  func table() throws {
    try withTemporaryFolder { folder in
      let file = folder.appendingPathComponent("noise_0.50.tsv")
      try ForeignTableTests.rows(correct: ["1", "2", "2", "2", "3", "3"]).write(
        to: file, atomically: true, encoding: .utf8)
      let run = try ReportedRun.read(file.path)
      #expect(run.name == "noise_0.50.tsv" && run.sigma == 0.5 && run.origin == nil)
      #expect(run.notes == [.quirk(.runningTotal), .sigmaFromName(0.5, words: "noise_0.50"), .tableAlone])
      #expect(try ReportedRun.read(file.path, name: "Cohen").name == "Cohen, σ = 0.5")
    }
  }

  @Test("Runs of the same name are told apart")
  func distinct() throws {
    var runs = [try Fixture.run("run-0.25"), try Fixture.run("run-0.25"), try Fixture.run("run-0.5")]
    ReportedRun.distinguish(&runs)
    #expect(
      runs.map(\.name) == ["apndc, σ = 0.25 [run-0.25] (1)", "apndc, σ = 0.25 [run-0.25] (2)", "apndc, σ = 0.5"])
  }

  @Test("The published results that come with the program have sources and are those agreed on")
  func published() throws {
    let file = Repository.root.appendingPathComponent("Docs/published-results.json").path
    let results = try PublishedResult.read(file)
    #expect(
      results.map { $0.points.map(\.accuracy) } == [
        [60, 42.8, 32, 23.4], [73, 57.6, 47.8, 38.3], [68.8, 58.1, 48.5, 37.8], [67.9, 57.9, 47.7, 36.7], [80, 70],
      ])
    #expect(results.last?.points.allSatisfy { $0.relation == ">" } ?? false)
  }

  @Test(
    "A published result without a source or with an impossible number is refused",
    arguments: [
      (#""url": "u""#, #""url": """#), (#""accuracy": 50"#, #""accuracy": 150"#),
      (#""relation": "=""#, #""relation": "?""#),
      (#""name": "n", "#, ""),
    ])
  func unusable(old: String, new: String) throws {
    let good = """
      {"results": [{"name": "n", "dataset": "d", "protocol": "p", "source": {"text": "t", "url": "u"},
      "points": [{"radius": 0.5, "accuracy": 50, "relation": "="}]}]}
      """
    try withTemporaryFolder { folder in
      let file = folder.appendingPathComponent("published.json")
      try good.write(to: file, atomically: true, encoding: .utf8)
      #expect(try PublishedResult.read(file.path).count == 1)
      try good.replacingOccurrences(of: old, with: new).write(to: file, atomically: true, encoding: .utf8)
      #expect(throws: InputError.self) { try PublishedResult.read(file.path) }
    }
  }

  @Test(
    "A class is called by its number and its name, without the number that puts its folder in order",
    arguments: [
      ("horse", "1 (horse)"), ("1", "1"), ("01", "1"), ("1-horse", "1 (horse)"), ("01_horse", "1 (horse)"),
      ("2-horse", "1 (2-horse)"), ("", "1"),
    ])
  func className(folder: String, name: String) {
    var run = Fixture.hand
    run.classNames = ["zero", folder]
    #expect(run.className(1) == name && run.className(2) == "2")
  }
}
