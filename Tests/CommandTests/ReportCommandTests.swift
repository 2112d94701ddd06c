import Foundation
import TestSupport
import Testing

@Suite("ndc report and ndc compare", .enabled(if: Program.isBuilt, Program.absent))
struct ReportCommandTests {
  static let fixtures = Repository.root.appendingPathComponent("Tests/ReportsTests/Fixtures")
  static let runs = ["run-0.25", "run-0.5"].map { fixtures.appendingPathComponent($0).path }

  private struct Summary: Decodable {
    struct Run: Decodable {
      var images: Int
      var correct: Int
    }

    var runs: [Run]
  }

  @Test("writes every file asked for, and says why there are no pictures where the model is absent")
  func files() throws {
    try TemporaryFolder.with { folder in
      let names = ["page.html", "curve.svg", "curve.csv", "table.md", "table.tex"]
      let flags = ["--out", "--svg", "--csv", "--markdown", "--latex"]
      let ending = try Program.run(
        ["report"] + Self.runs + zip(flags, names).flatMap { [$0, $1] } + ["--radii", "0.25", "0.5", "--json"],
        in: folder)
      #expect(ending.status == 0, "\(ending.errors)")
      let summary = try ending.json(Summary.self)
      #expect(summary.runs.map(\.images) == [60, 60])
      for name in names { #expect(FileManager.default.fileExists(atPath: folder.file(name)), "\(name)") }
      let page = try String(contentsOfFile: folder.file("page.html"), encoding: .utf8)
      #expect(page.contains("No pictures.") && ending.errors.contains("no pictures of"))
      #expect(page.contains("&lt;made &amp; up&gt;"))
      let table = try String(contentsOfFile: folder.file("table.md"), encoding: .utf8)
      #expect(table.contains("| r = 0.25 | r = 0.5 | ACR |") && table.contains("best over σ (display only)"))
    }
  }

  @Test("shows the pictures of a run of the bundled model")
  func pictures() throws {
    try TemporaryFolder.with { folder in
      let certify = "certify --count 2 --levels 3 --samples 8 --selection-samples 2 --alpha 0.2 --out run"
      #expect(try Program.run(certify.split(separator: " ").map(String.init), in: folder).status == 0)
      let ending = try Program.run(["report", "run", "--out", "page.html", "--gallery", "1"], in: folder)
      #expect(ending.status == 0, "\(ending.errors)")
      let page = try String(contentsOfFile: folder.file("page.html"), encoding: .utf8)
      #expect(page.components(separatedBy: "data:image/png").count == 2 * 3 + 1, "three pictures of both images")
      #expect(!page.contains("No pictures."))
    }
  }

  @Test(
    "refuses what it cannot do",
    arguments: [
      ("report RUN", 64, "nothing to write"), ("report RUN --out x.html --name a b", 64, "one name for each"),
      ("report RUN --out x.html --radii -1", 64, "--radii"), ("report /nowhere --json", 65, "/nowhere"),
      ("report RUN --json --published /nowhere", 65, "/nowhere"),
      ("report RUN --csv /nowhere/x.csv", 65, "/nowhere/x.csv"),
      ("compare RUN /nowhere", 65, "/nowhere"), ("compare RUN", 64, "<b>"),
    ] as [(String, Int32, String)])
  func refusals(line: String, status: Int32, message: String) throws {
    let ending = try Program.run(line.split(separator: " ").map { $0 == "RUN" ? Self.runs[0] : String($0) })
    #expect(ending.status == status)
    #expect(ending.errors.contains(message), "\(ending.errors)")
  }

  @Test("compares two runs, and refuses those on other images")
  func compare() throws {
    let ending = try Program.run(["compare"] + Self.runs + ["--radius", "0.25"])
    #expect(ending.status == 0 && ending.output.contains("McNemar p"))
    try TemporaryFolder.with { folder in
      let table = folder.file("other.tsv")
      try "idx\tlabel\tpredict\tradius\n0\t1\t1\t0.5\n".write(toFile: table, atomically: true, encoding: .utf8)
      let refused = try Program.run(["compare", Self.runs[0], table, "--json"])
      #expect(refused.status == 65 && refused.errors.contains("not comparable"))
      #expect(refused.output.contains("\"comparable\":false"))
    }
  }
}
