import Basics
import Foundation
import Records
import Testing

@Suite struct ClaimedRunTests {
  @Test(arguments: HonestRun.all) func `an honest run is read whole`(honest: HonestRun) async throws {
    let records = try await honest.records()
    try await honest.onDisk { files in
      let run = try ClaimedRun(path: files.path)
      #expect(run.failures == [] && run.path == files.path)
      #expect(try run.manifest == honest.manifest())
      #expect(run.lines.map(\.number) == [1, 2, 3])
      #expect(run.lines.compactMap(\.record) == records)
      #expect(run.lines.compactMap(\.claim).map(\.index) == [1, 3, 5])
      #expect(try run.lines.map(\.bytes) == records.map { try StableJSON.line($0) })
      #expect(run.table?.count == 5 && run.table?.last == "")
      #expect(try run.summary == JSONValue(encoding: RunSummary(records)))
    }
  }

  @Test(arguments: ["\r", "\r\r\n"]) func `a table with other ends of lines has its rows`(ending: String) async throws {
    try await HonestRun().onDisk { files in
      for name in ["records.jsonl", "certified.tsv"] {
        try files.write(files.text(name).replacing("\n", with: ending), to: name)
      }
      var verification = try RunVerification(path: files.path)
      verification.checkFiles(engine: nil)
      #expect(verification.report().verdict == .holds, "\(verification.report().failures)")
    }
  }

  @Test(arguments: [String.Encoding.utf16LittleEndian, .utf16BigEndian], ["", "\u{FEFF}"])
  func `a table saved in UTF-16 is read, records in it are called that and stay`(
    encoding: String.Encoding, mark: String
  ) async throws {
    try await HonestRun().onDisk { files in
      func utf16(_ name: String) throws -> Data {
        try #require((mark + files.text(name).replacing("\n", with: "\r\n")).data(using: encoding))
      }
      let table = URL(fileURLWithPath: files.path + "/certified.tsv")
      try utf16("certified.tsv").write(to: table)
      var verification = try RunVerification(path: files.path)
      verification.checkFiles(engine: nil)
      #expect(verification.report().verdict == .holds, "\(verification.report().failures)")

      let records = URL(fileURLWithPath: files.path + "/records.jsonl")
      let bytes = try utf16("records.jsonl")
      try bytes.write(to: records)
      let failures = try ClaimedRun(path: files.path).failures
      #expect(failures.map(\.found) == ["UTF-16"] && failures.map(\.file) == ["records.jsonl"])
      #expect(throws: InputError.self) {
        try RunDirectory(path: files.path, manifest: try HonestRun().manifest(), indices: [1, 3, 5], resume: true)
      }
      #expect(try Data(contentsOf: records) == bytes)

      try utf16("run.json").write(to: URL(fileURLWithPath: files.path + "/run.json"))
      for read in [{ _ = try RunDirectory.readManifest(files.path) }, { _ = try RunOrigin.read(files.path) }] {
        #expect(#expect(throws: InputError.self) { try read() }?.found == "UTF-16")
      }
    }
  }

  @Test(arguments: HonestRun.all, ["", "\u{FEFF}"])
  func `a run that passed through an editor of another system holds`(honest: HonestRun, mark: String) async throws {
    try await honest.onDisk { files in
      let records = try RunDirectory.readRecords(files.path)
      for name in ["records.jsonl", "certified.tsv"] {
        try files.write(mark + files.text(name).replacing("\n", with: "\r\n"), to: name)
      }
      var verification = try RunVerification(path: files.path)
      verification.checkFiles(engine: nil)
      #expect(verification.report().verdict == .holds, "\(verification.report().failures)")
      #expect(try RunDirectory.readRecords(files.path) == records)
      // It goes on where it stood, and its own lines follow.
      let indices = [1, 3, 5]
      let directory = try RunDirectory(
        path: files.path, manifest: try honest.manifest(), indices: indices, resume: true)
      #expect(directory.records == records)
    }
  }

  @Test func `without a run.json there is no run`() async throws {
    try await HonestRun().onDisk { files in
      try files.remove("run.json")
      #expect(throws: InputError.self) { try ClaimedRun(path: files.path) }
    }
  }

  @Test(arguments: ["records.jsonl", "certified.tsv", "summary.json"])
  func `a file that is missing is named, and the others are read`(name: String) async throws {
    try await HonestRun().onDisk { files in
      try files.remove(name)
      let run = try ClaimedRun(path: files.path)
      #expect(run.failures.map(\.file) == [name])
      #expect(run.lines.isEmpty == (name == "records.jsonl"))
      #expect((run.table == nil) == (name == "certified.tsv") && (run.summary == nil) == (name == "summary.json"))
    }
  }

  @Test func `lines that are no records, or are torn, are named and the rest is read`() async throws {
    try await HonestRun().onDisk { files in
      let lines = try files.text("records.jsonl").split(separator: "\n").map(String.init)
      let long = String(repeating: " ", count: 1 << 20) + lines[1]
      let absurd = lines[2].replacingOccurrences(of: #""label":0"#, with: #""label":"zero""#)
      try files.write([lines[0], "nonsense", long, absurd, lines[2]].joined(separator: "\n"), to: "records.jsonl")
      let run = try ClaimedRun(path: files.path)
      #expect(run.lines.map(\.number) == [1, 2, 3, 4])
      #expect(run.lines.map { $0.claim != nil } == [true, false, false, false])
      #expect(run.failures.map(\.line) == [2, 3, 4, 5])
      #expect(run.failures.map(\.file) == Array(repeating: "records.jsonl", count: 4))
      #expect(run.failures[1].problem == "not a record")
      #expect(run.failures[2].description.contains("label"))
      #expect(run.failures[3].problem == "a torn line, as a killed process leaves it")
    }
  }

  @Test func `a record that contradicts itself is a claim and no record`() async throws {
    try await HonestRun().onDisk { files in
      try files.edit("records.jsonl") {
        $0[1] = $0[1].replacingOccurrences(of: #""samples":40,"seconds""#, with: #""samples":41,"seconds""#)
      }
      let run = try ClaimedRun(path: files.path)
      #expect(run.failures == [] && run.lines[1].claim?.samples == 41)
      #expect(run.lines.map { $0.record != nil } == [true, false, true])
    }
  }

  @Test func `rubbish is not named line by line without end`() async throws {
    try await HonestRun().onDisk { files in
      try files.write(String(repeating: "\n", count: 3 * ClaimedRun.mostFailures), to: "records.jsonl")
      let run = try ClaimedRun(path: files.path)
      #expect(run.lines.count == ClaimedRun.mostFailures + 1)
      #expect(run.failures.count(where: { $0.file == "records.jsonl" }) == ClaimedRun.mostFailures + 1)
    }
  }

  @Test func `a table of far more rows than records is not taken apart`() async throws {
    try await HonestRun().onDisk { files in
      let table = try files.text("certified.tsv")
      try files.write(table + String(repeating: "\n", count: 66), to: "certified.tsv")
      #expect(try ClaimedRun(path: files.path).table?.count == 71)
      try files.write(table + String(repeating: "\n", count: 67), to: "certified.tsv")
      let run = try ClaimedRun(path: files.path)
      #expect(run.table == nil && places(run.failures) == ["certified.tsv: more rows than records"])
    }
  }

  @Test func `a summary that is no JSON is named`() async throws {
    try await HonestRun().onDisk { files in
      try files.write("{", to: "summary.json")
      let run = try ClaimedRun(path: files.path)
      #expect(run.summary == nil && run.failures.map(\.file) == ["summary.json"])
    }
  }
}
