import Foundation
import TestSupport
import Testing

/// Run directories that earlier versions left (see Fixtures/README.md) stay good: they verify, are reported and go on.
@Suite("Runs of earlier versions", .enabled(if: Program.isBuilt, Program.absent))
struct VersionCompatibilityTests {
  /// A committed run, its paths relative to the repository.
  struct Run: CustomStringConvertible {
    var description: String
    var records: Int

    static let finished = [
      Run(description: "run-0.2.0-fixed-fp32", records: 4), Run(description: "run-0.2.0-anytime-int8", records: 4),
    ]
    static let unfinished = Run(description: "run-0.2.0-unfinished-analytic", records: 3)

    /// Calls `body` with a copy, so that nothing is written beside the original.
    func withCopy(_ body: (RunFiles) throws -> Void) throws {
      try TemporaryFolder.with { folder in
        let original = Repository.root.appendingPathComponent("Tests/CommandTests/Fixtures/\(description)")
        let copy = folder.appendingPathComponent("run")
        try FileManager.default.copyItem(at: original, to: copy)
        try body(RunFiles(folder: copy))
      }
    }
  }

  private struct Manifest: Decodable { var arguments: [String] }

  private struct Verification: Decodable {
    struct Failure: Decodable { var file: String }
    struct Difference: Decodable { var part: String }

    var verdict: String
    var redrawn: [Int]
    var confirmed: Int
    var failures: [Failure]
    /// What votes depend on and is another here than where the run was made.
    var engineDifferences: [Difference]
  }

  private struct Report: Decodable {
    struct Run: Decodable { var images: Int }
    var runs: [Run]
  }

  private func verify(_ run: RunFiles, redraw: String) throws -> (Program.Ending, Verification) {
    let ending = try Program.run(
      ["verify", run.folder.path, "--json", "--redraw", redraw, "--seed", "1"], in: Repository.root)
    return (ending, try ending.json(Verification.self))
  }

  @Test(
    "a finished run holds; drawn again its votes are the same, or said to be another engine's", arguments: Run.finished)
  func verification(run: Run) throws {
    try run.withCopy { copy in
      let (files, claims) = try verify(copy, redraw: "0")
      #expect(files.status == 0 && claims.verdict == "holds" && claims.failures.isEmpty, "\(files.output)")

      let (votes, redrawn) = try verify(copy, redraw: "all")
      #expect(redrawn.redrawn.count == run.records)
      if claims.engineDifferences.isEmpty {
        #expect(votes.status == 0 && redrawn.confirmed == run.records, "\(votes.output)")
      } else {
        // Votes may differ there, but not by more than the same classifier's can.
        #expect(votes.status == 0 || redrawn.verdict == "unconfirmed", "\(votes.output)")
        let words = try Program.run(["verify", copy.folder.path, "--redraw", "0"], in: Repository.root)
        #expect(words.output.contains("another engine than the run's"), "\(words.output)")
      }
    }
  }

  @Test("a run is reported, finished or not", arguments: Run.finished + [Run.unfinished])
  func report(run: Run) throws {
    try run.withCopy { copy in
      let page = copy.folder.file("page.html")
      let ending = try Program.run(
        ["report", copy.folder.path, "--json", "--out", page, "--gallery", "1"], in: Repository.root)
      #expect(ending.status == 0, "\(ending.errors)")
      #expect(try ending.json(Report.self).runs.map(\.images) == [run.records])
      let text = try String(contentsOfFile: page, encoding: .utf8)
      #expect(text.contains("<dd>ndc 0.2.0</dd>") && text.contains("data:image/png"), "provenance and pictures")
    }
  }

  @Test("an unfinished run goes on under its own options, or is refused for its engine alone")
  func continuation() throws {
    try Run.unfinished.withCopy { copy in
      let (_, before) = try verify(copy, redraw: "0")
      #expect(before.verdict == "fails" && before.failures.map(\.file).sorted() == ["records.jsonl", "summary.json"])
      let records = try copy.text("records.jsonl")
      var arguments = try JSONDecoder().decode(Manifest.self, from: Data(copy.text("run.json").utf8)).arguments
      let place = try #require(arguments.firstIndex(of: "--out")) + 1
      arguments[place] = copy.folder.path

      let ending = try Program.run(arguments + ["--resume"], in: Repository.root)
      guard before.engineDifferences.isEmpty else {
        let fields = [
          "program": "program.version", "instruction set": "host.instructionSet", "libraries": "host.libraries",
        ]
        #expect(ending.status == 64)
        for difference in before.engineDifferences {
          let field = try #require(fields[difference.part])
          #expect(ending.errors.contains(field), "\(ending.errors)")
        }
        let named = ending.errors.components(separatedBy: " in the run, ").count - 1
        #expect(named == before.engineDifferences.count, "nothing else is another: \(ending.errors)")
        #expect(try copy.text("records.jsonl") == records)
        return
      }
      #expect(ending.status == 0, "\(ending.errors)")
      #expect(try copy.text("records.jsonl").hasPrefix(records), "finished records stay")
      #expect(try copy.records().map(\.index) == Array(6..<12))
      let (votes, after) = try verify(copy, redraw: "all")
      #expect(votes.status == 0 && after.confirmed == 6, "\(votes.output)")
    }
  }
}
