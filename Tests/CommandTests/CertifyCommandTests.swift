import Foundation
import Testing

@Suite("ndc certify", .enabled(if: Program.isBuilt, Program.absent))
struct CertifyCommandTests {
  /// One level: a vote costs 1 · 10 + 1 evaluations.
  static let tiny = [
    "certify", "--timesteps", "3", "--selection-samples", "2", "--samples", "4", "--sigma", "0.5", "--count", "2",
  ]
  static let evaluationsPerVote = 11

  struct Report: Decodable {
    struct Summary: Decodable {
      var images: Int
      var correct: Int
      var abstentions: Int
      var evaluations: Int
    }
    var out: String
    var seed: UInt64
    var summary: Summary
    var records: [RunFiles.Record]
  }

  @Test("leaves a run directory whose files agree with each other")
  func files() throws {
    try TemporaryFolder.with { folder in
      let ending = try Program.run(Self.tiny + ["--out", folder.file("run"), "--json"])
      #expect(ending.status == 0, "\(ending.errors)")
      let run = RunFiles(folder: folder.appendingPathComponent("run"))
      let report = try ending.json(Report.self)
      let records = try run.records()

      #expect(report.out == folder.file("run"))
      #expect(try run.text("run.json").contains("\(report.seed)"))
      #expect(records.map(\.index) == [0, 1])
      #expect(records.map(\.label) == [7, 2])
      for record in records {
        #expect(record.samples == 4)
        #expect(record.votes.count == 10)
        #expect(record.votes.reduce(record.invalidVotes, +) == 4)
        #expect(record.selectionVotes.reduce(record.invalidSelectionVotes, +) == 2)
        #expect(record.evaluations == 6 * Self.evaluationsPerVote)
        // Four votes bound no probability above 0.001^(1/4) = 0.18.
        #expect(record.abstained && record.predicted == -1 && record.radius == 0 && !record.correct)
      }
      #expect(report.records.map(\.votes) == records.map(\.votes))
      #expect(report.summary.images == 2)
      #expect(report.summary.abstentions == 2)
      #expect(report.summary.evaluations == 12 * Self.evaluationsPerVote)
      let summary = try JSONDecoder().decode(Report.Summary.self, from: Data(try run.text("summary.json").utf8))
      #expect((summary.images, summary.correct, summary.evaluations) == (2, 0, report.summary.evaluations))

      let table = try run.lines("certified.tsv")
      #expect(table.first == "idx\tlabel\tpredict\tradius\tcorrect\ttime")
      let rows = table.dropFirst().map { $0.split(separator: "\t").map(String.init) }
      #expect(
        rows.map { Array($0.prefix(5)) } == [["0", "7", "-1", "0.000000", "0"], ["1", "2", "-1", "0.000000", "0"]])
      #expect(rows.allSatisfy { $0.count == 6 && $0[5].wholeMatch(of: /\d+:\d\d:\d\d\.\d{6}/) != nil })
    }
  }

  @Test("certifies with radius and bound when the votes suffice")
  func certified() throws {
    try TemporaryFolder.with { folder in
      // Alpha 0.4 lets two votes of two certify: 0.4^(1/2) = 0.632 > 1/2.
      let ending = try Program.run(
        [
          "certify", "--timesteps", "4", "--selection-samples", "1", "--samples", "2", "--sigma", "0.1", "--alpha",
          "0.4", "--count", "4", "--json", "--out", folder.file("run"),
        ])
      #expect(ending.status == 0, "\(ending.errors)")
      let report = try ending.json(Report.self)
      // 0.1 · Φ⁻¹(0.4^(1/2)), by scipy.stats.norm.ppf.
      let radius = 0.03383639518968023
      for record in report.records {
        try #require(record.abstained == (record.predicted == -1))
        #expect(record.abstained || record.votes[record.predicted] == 2)
        #expect(record.votes.contains(2) || record.abstained)
        #expect(record.abstained ? record.radius == 0 : abs(record.radius - radius) < 1e-8)
        #expect(record.correct == (record.predicted == record.label))
      }
      #expect(report.summary.correct >= 1, "digits at little noise are certified")
    }
  }

  @Test("gives the same votes for any number of threads and any batch")
  func determinism() throws {
    try TemporaryFolder.with { folder in
      var votes: [[[Int]]] = []
      for (name, options) in [
        ("a", ["--threads", "1"]), ("b", ["--threads", "2"]), ("c", ["--batch", "1"]), ("d", ["--batch", "64"]),
      ] {
        let ending = try Program.run(Self.tiny + options + ["--out", folder.file(name)])
        #expect(ending.status == 0, "\(ending.errors)")
        let records = try RunFiles(folder: folder.appendingPathComponent(name)).records()
        votes.append(records.flatMap { [$0.votes, $0.selectionVotes] })
      }
      #expect(votes.allSatisfy { $0 == votes[0] })
      let other = try Program.run(Self.tiny + ["--seed", "1", "--json", "--out", folder.file("e")]).json(Report.self)
      #expect(other.records.flatMap { [$0.votes, $0.selectionVotes] } != votes[0], "the seed must matter")
    }
  }

  @Test("refuses to touch a run without --resume, and to resume another one")
  func refusals() throws {
    try TemporaryFolder.with { folder in
      let run = RunFiles(folder: folder.appendingPathComponent("run"))
      let small = [
        "certify", "--timesteps", "3", "--selection-samples", "1", "--samples", "1", "--out", run.folder.path,
      ]
      #expect(try Program.run(small + ["--count", "1"]).status == 0)
      let before = try run.timeless()

      let again = try Program.run(small + ["--count", "1"])
      #expect(again.status == 64)
      #expect(again.errors.contains("--resume"))
      for (options, field) in [
        (["--sigma", "0.3"], "sigma"), (["--seed", "1"], "seed"), (["--method", "apndc-posterior"], "method"),
        (["--alpha", "0.01"], "alpha"), (["--first", "3"], "first"),
      ] {
        let other = try Program.run(small + ["--count", "1", "--resume"] + options)
        #expect(other.status == 64)
        #expect(other.errors.contains(field), "\(other.errors)")
      }
      #expect(try run.timeless() == before)

      let grown = try Program.run(small + ["--count", "2", "--threads", "1", "--resume"])
      #expect(grown.status == 0, "\(grown.errors)")
      #expect(try run.records().map(\.index) == [0, 1])
    }
  }

  @Test(
    "refuses options that can lead nowhere before it makes a folder",
    arguments: [
      "--samples 0", "--selection-samples 0", "--alpha 0", "--alpha 1", "--timesteps 2", "--sigma 1.5 --timesteps 9",
      "--sigma 0",
      "--precision int4", "--stop never", "--resume", "--target-radius -1", "--seed -1", "--preset none",
    ])
  func badUsage(_ options: String) throws {
    try TemporaryFolder.with { folder in
      var arguments = ["certify", "--count", "1"] + options.split(separator: " ").map(String.init)
      if options != "--resume" { arguments += ["--out", "run"] }
      let ending = try Program.run(arguments, in: folder)
      #expect(ending.status == 64, "\(ending.errors)")
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
    }
  }

  @Test("names data that cannot be used")
  func badData() throws {
    let ending = try Program.run("certify --data /absent/images --timesteps 3")
    #expect(ending.status == 65)
    #expect(ending.errors.contains("/absent/images"))
  }
}
