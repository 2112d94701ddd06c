import Basics
import Certification
import Foundation
import Records
import Testing

/// An honest run on disk, and one planted fault each.
@Suite struct RunVerificationTests {
  /// What checking the files of a changed run finds.
  private func check(
    _ honest: HonestRun = HonestRun(), engine: RunEngine? = nil, _ change: (HonestFiles) throws -> Void = { _ in }
  ) async throws -> [String] {
    var found: [String] = []
    try await honest.onDisk { files in
      try change(files)
      var verification = try RunVerification(path: files.path)
      verification.checkFiles(engine: try engine ?? honest.sources.engine)
      let report = verification.report()
      found = places(report.failures)
      #expect(report.verdict == (found.isEmpty ? .holds : .fails) && verification.holds == found.isEmpty)
      #expect(report.failureCount == found.count && report.run == files.path && report.images == 3)
    }
    return found
  }

  /// Replaces the first match in a line of a file.
  private func replacing(
    _ name: String, line: Int, _ old: String, _ new: String
  ) -> (HonestFiles) throws -> Void {
    { files in
      let before = try files.text(name)
      try files.edit(name) { lines in
        if let range = lines[line].range(of: old, options: .regularExpression) {
          lines[line].replaceSubrange(range, with: new)
        }
      }
      try #require(try files.text(name) != before)
    }
  }

  @Test(arguments: HonestRun.all) func `an honest run holds`(honest: HonestRun) async throws {
    #expect(try await check(honest) == [])
  }

  @Test func `a record's fault is named by its line`() async throws {
    let found = try await check(HonestRun(), replacing("records.jsonl", line: 1, #""radius":[^,]*"#, #""radius":0.9"#))
    #expect(found.first?.hasPrefix("records.jsonl:2 radius: not the radius of the bound") == true)
    // Nor does the table say what the edited record says.
    #expect(found.dropFirst().first == "certified.tsv:3 radius: disagrees with the record")
  }

  @Test func `the last digits of bounds are held against the same engine alone`() async throws {
    let slight: (HonestFiles) throws -> Void = { files in
      let record = try RunDirectory.readRecords(files.path)[1]
      try replacing("records.jsonl", line: 1, #""pLower":[^,]*"#, "\"pLower\":\(record.pLower.nextUp)")(files)
    }
    #expect(try await check(HonestRun(), slight) == ["records.jsonl:2 pLower: not the bound of 36 in 40 votes"])
    var other = try HonestRun().sources.engine
    other.instructionSet = "another"
    #expect(try await check(HonestRun(), engine: other, slight) == [])
  }

  @Test func `without an engine, last digits may differ too`() async throws {
    try await HonestRun().onDisk { files in
      let record = try RunDirectory.readRecords(files.path)[1]
      try replacing("records.jsonl", line: 1, #""pLower":[^,]*"#, "\"pLower\":\(record.pLower.nextUp)")(files)
      var verification = try RunVerification(path: files.path)
      verification.checkFiles(engine: nil)
      #expect(verification.holds && verification.report().engineDifferences.isEmpty)
    }
  }

  @Test func `a record of another number of classes is named`() async throws {
    let found = try await check(HonestRun()) { files in
      try replacing("records.jsonl", line: 1, #""votes":\[36,4,0\]"#, #""votes":[36,4,0,0]"#)(files)
      try replacing("records.jsonl", line: 1, #""selectionVotes":\[5,0,0\]"#, #""selectionVotes":[5,0,0,0]"#)(files)
    }
    #expect(found == ["records.jsonl:2 votes: another number of classes than before"])
  }

  @Test(arguments: [(#"\{"#, #"{"radius":0,"#), (#"\{"#, #"{"note":1,"#), (#","#, ", ")])
  func `a line in another form than its record's is named`(old: String, new: String) async throws {
    let problem = "not as ndc writes its record (a field twice, one too many, or another form)"
    let found = try await check(HonestRun(), replacing("records.jsonl", line: 2, old, new))
    #expect(found == ["records.jsonl:3: " + problem])
  }

  @Test func `a line that nobody else would read is named`() async throws {
    // Longer than any image takes.
    let found = try await check(HonestRun(), replacing("records.jsonl", line: 1, #""seconds":1.5"#, #""seconds":1e13"#))
    #expect(found.first == "records.jsonl:2: not a record that can be read")
  }

  @Test func `the oldest records lack the reason and the bound, and hold`() async throws {
    let found = try await check(HonestRun()) { files in
      try replacing("records.jsonl", line: 0, #""stopReason":"fixed","#, "")(files)
      try replacing("records.jsonl", line: 0, #""bound":\{[^}]*\},"#, "")(files)
    }
    #expect(found == [])
  }

  @Test func `a missing record is named, in the table and the summary too`() async throws {
    let found = try await check(HonestRun()) { try $0.edit("records.jsonl") { $0.remove(at: 1) } }
    #expect(found.first == "records.jsonl: 1 of 3 images have no record")
    #expect(found.contains("certified.tsv: not a row for each record"))
    #expect(found.contains("summary.json images: not what the records add up to"))
  }

  @Test func `a summary that the records do not add up to is named by its fields`() async throws {
    let found = try await check(HonestRun()) { files in
      let text = try files.text("summary.json").replacingOccurrences(
        of: #""images" : 3"#, with: #""images" : 4"#)
      try files.write(text, to: "summary.json")
    }
    #expect(found == ["summary.json images: not what the records add up to"])
  }

  @Test func `a description that contradicts itself is named, and nothing is held against it`() async throws {
    let found = try await check(HonestRun()) { files in
      try files.write(
        try files.text("run.json").replacingOccurrences(of: #""alpha" : 0.01"#, with: #""alpha" : 2"#),
        to: "run.json")
      try files.edit("records.jsonl") { $0.remove(at: 1) }
    }
    #expect(found == ["run.json smoothing: the significance level alpha must lie between 0 and 1, not 2.0"])
  }

  @Test func `files that cannot be read are failures`() async throws {
    #expect(try await check(HonestRun()) { try $0.remove("summary.json") }.map { $0.prefix(12) } == ["summary.json"])
  }

  @Test func `a run that is still being written is not verified`() async throws {
    try await HonestRun().onDisk { files in
      let directory = try RunDirectory(
        path: files.path, manifest: try HonestRun().manifest(), indices: [1, 3, 5], resume: true)
      #expect(throws: UsageError.self) { try RunVerification(path: files.path) }
      _ = directory.remaining
    }
  }

  // Sources.

  private func checkSources(
    _ change: (inout RunSources) -> Void
  ) async throws -> (found: [String], hold: Bool) {
    var found: [String] = []
    var hold = false
    try await HonestRun().onDisk { files in
      var sources = try HonestRun().sources
      change(&sources)
      var verification = try RunVerification(path: files.path)
      verification.checkFiles(engine: sources.engine)
      try verification.checkSources(sources)
      found = places(verification.report().failures)
      hold = verification.sourcesHold
    }
    return (found, hold)
  }

  @Test func `the run's own model and data hold`() async throws {
    let (found, hold) = try await checkSources { _ in }
    #expect(found == [] && hold)
  }

  @Test func `another model is named, and its labels say nothing`() async throws {
    let (found, hold) = try await checkSources {
      $0.model.digest = "x"
      $0.label = { _ in 2 }
    }
    #expect(found == ["model.pkl model.digest: not what the run used"] && !hold)
  }

  @Test func `a label that is not the image's, or cannot be read, is named`() async throws {
    let (found, hold) = try await checkSources {
      $0.label = { index in
        if index == 3 { throw InputError("unreadable", file: "digits") }
        return index == 5 ? 1 : 0
      }
    }
    #expect(found == ["digits: unreadable", "records.jsonl:3 label: not the image's label"] && hold)
  }

  @Test func `another number of classes than the model's is named`() async throws {
    let (found, _) = try await checkSources { $0.classCount = 4 }
    #expect(found == [1, 2, 3].map { "records.jsonl:\($0) votes: not the model's number of classes" })
  }

  @Test func `an error of another kind ends the verification`() async throws {
    try await HonestRun().onDisk { files in
      var sources = try HonestRun().sources
      sources.label = { _ in throw CancellationError() }
      var verification = try RunVerification(path: files.path)
      #expect(throws: CancellationError.self) { try verification.checkSources(sources) }
    }
  }

  // The verdict.

  @Test func `votes that differ on another engine leave the run unconfirmed, a failure decides`() async throws {
    try await HonestRun().onDisk { files in
      var other = try HonestRun().sources.engine
      other.precision = "int8"
      var verification = try RunVerification(path: files.path)
      verification.checkFiles(engine: other)
      var findings = RedrawFindings()
      findings.indices = [1, 3]
      findings.seed = 9
      findings.confirmed = 1
      findings.differing = ["image 3 differs"]
      verification.add(findings)
      let report = verification.report()
      #expect(report.verdict == .unconfirmed && report.redrawn == [1, 3] && report.confirmed == 1)
      #expect(report.redrawSeed == 9 && report.differing == ["image 3 differs"] && report.records == 3)
      #expect(report.engineDifferences.map(\.part) == ["precision"])

      findings.failures = [VerificationFailure("refuted", file: "records.jsonl")]
      verification.add(findings)
      #expect(
        verification.report().verdict == .fails && places(verification.report().failures) == ["records.jsonl: refuted"])
    }
  }

  @Test func `what is not found is unchecked, and only without failures decides`() async throws {
    try await HonestRun().onDisk { files in
      var verification = try RunVerification(path: files.path)
      verification.addUnchecked(InputError("gone"), file: "model.pkl", field: "model.source")
      #expect(verification.holds && verification.report().verdict == .unconfirmed)
      #expect(places(verification.report().unchecked) == ["model.pkl model.source: gone"])
      verification.addFailure(InputError("wrong"), file: "run.json", field: "classifier")
      #expect(verification.report().verdict == .fails)
    }
  }

  @Test func `another model at a relative path says nothing against the run, one that was named does`() async throws {
    try await HonestRun().onDisk { files in
      for relative in [["model"], ["data"], []] as [Set<String>] {
        var sources = try HonestRun().sources
        sources.model.digest = "other"
        sources.relativeParts = relative
        var verification = try RunVerification(path: files.path)
        try verification.checkSources(sources)
        let report = verification.report()
        #expect(report.verdict == (relative == ["model"] ? .unconfirmed : .fails))
        #expect(!verification.sourcesHold)
      }
    }
  }

  @Test func `what cannot be opened is a failure where its description stands`() async throws {
    try await HonestRun().onDisk { files in
      var verification = try RunVerification(path: files.path)
      verification.addFailure(InputError("gone"), file: "model.pkl", field: "model.source")
      #expect(places(verification.report().failures) == ["model.pkl model.source: gone"] && !verification.holds)
    }
  }
}
