import Basics
import Certification
import Foundation
import Records
import Runs
import Testing

/// Redrawing from a run directory: which images, and what the verdict becomes.
@Suite struct RunVerificationRedrawTests {
  /// Verifies a finished run, its sources and engine changed.
  private func verify(
    _ run: ToyRun = ToyRun(), _ choice: RunVerification.Redraw = .all,
    change: (inout RunSources) -> Void = { _ in }, edit: (String) throws -> Void = { _ in }
  ) async throws -> VerificationReport {
    try await TemporaryFolder.with { folder in
      do {
        let directory = try run.directory(folder + "/run")
        _ = try await run.run(into: directory)
      }
      try edit(folder + "/run")
      var verification = try RunVerification(path: folder + "/run")
      var sources = RunSources(
        model: run.manifest.model, data: run.manifest.data, engine: RunEngine(run.manifest), classCount: 3,
        label: { try run.images($0).label })
      change(&sources)
      verification.checkFiles(engine: sources.engine)
      try verification.checkSources(sources)
      try await verification.redraw(choice, executor: try run.executor(), images: run.images)
      return verification.report()
    }
  }

  @Test func `all images of an honest run are confirmed`() async throws {
    let report = try await verify()
    #expect(report.verdict == .holds && report.redrawSeed == nil, "\(report.failures)")
    #expect(report.redrawn == (0..<8).map { 3 + 2 * $0 } && report.confirmed == 8)
  }

  @Test func `some images are chosen by a seed, which is named`() async throws {
    let first = try await verify(ToyRun(), .some(3, seed: 4))
    let again = try await verify(ToyRun(), .some(3, seed: 4))
    #expect(first.redrawn.count == 3 && first.confirmed == 3 && first.redrawSeed == 4)
    #expect(first.redrawn == again.redrawn && first.redrawn == first.redrawn.sorted())
    #expect(try await verify(ToyRun(), .some(3, seed: 5)).redrawn != first.redrawn)
    #expect(try await verify(ToyRun(), .some(99, seed: 5)).redrawn.count == 8)
  }

  @Test func `nothing is cast where the model or the data are not the run's`() async throws {
    let report = try await verify(change: { $0.data.digest = "other" })
    #expect(report.verdict == .fails && report.redrawn == [] && report.failures.map(\.field) == ["data.digest"])
  }

  @Test func `nothing is cast by a rule that is none`() async throws {
    let report = try await verify(edit: { path in
      let text = try TemporaryFolder.text(path + "/run.json")
      try TemporaryFolder.write(text.replacing(#""alpha" : 0.01"#, with: #""alpha" : 2"#), to: path + "/run.json")
    })
    #expect(report.redrawn == [] && report.failures.map(\.field) == ["smoothing"])
  }

  @Test func `records of another seed are refuted`() async throws {
    let report = try await verify(edit: { path in
      let text = try TemporaryFolder.text(path + "/run.json")
      try TemporaryFolder.write(text.replacing(#""seed" : 5"#, with: #""seed" : 6"#), to: path + "/run.json")
    })
    #expect(report.verdict == .fails && report.confirmed < 8)
    #expect(report.failures.allSatisfy { $0.problem == "not what the votes drawn again give" })
  }

  @Test func `the same votes are confirmed on another engine too`() async throws {
    let report = try await verify(change: { $0.engine.instructionSet = "another" })
    #expect(report.verdict == .holds && report.confirmed == 8 && report.engineDifferences.count == 1)
  }

  @Test func `another version of oneDNN is named, and what differs under it is not called a forgery`() async throws {
    let report = try await verify(
      change: { $0.engine.libraries["oneDNN"] = "3.13.2" },
      edit: { try edit($0, line: 2, #""evaluations":[0-9]*"#) { $0 + "0" } })
    #expect(report.engineDifferences.map(\.part) == ["libraries"])
    #expect(report.engineDifferences.map(\.here) == ["oneDNN 3.13.2"])
    #expect(report.differing.count == 1 && report.confirmed == 7)
    #expect(!report.failures.contains { $0.problem == "not what the votes drawn again give" })
  }

  /// Replaces the first match in a line of records.jsonl.
  private func edit(_ path: String, line: Int, _ old: String, _ new: (String) -> String) throws {
    var lines = try TemporaryFolder.text(path + "/records.jsonl").split(separator: "\n").map(String.init)
    let range = try #require(lines[line].range(of: old, options: .regularExpression))
    lines[line].replaceSubrange(range, with: new(String(lines[line][range])))
    try TemporaryFolder.write(lines.joined(separator: "\n") + "\n", to: path + "/records.jsonl")
  }

  @Test func `a record that may differ on another engine is said to differ`() async throws {
    let report = try await verify(
      change: { $0.engine.instructionSet = "another" },
      edit: { try edit($0, line: 2, #""evaluations":[0-9]*"#) { $0 + "0" } })
    #expect(report.differing.count == 1 && report.differing[0].hasPrefix("records.jsonl, line 3: image 7 has "))
    #expect(report.confirmed == 7 && report.redrawn.count == 8)
  }

  @Test func `a record of other classes than the model's is left out`() async throws {
    let report = try await verify(edit: { path in
      try edit(path, line: 2, #""votes":\[[0-9,]*"#) { $0 + ",0" }
      try edit(path, line: 2, #""selectionVotes":\[[0-9,]*"#) { $0 + ",0" }
    })
    #expect(report.redrawn.count == 7 && !report.redrawn.contains(7) && report.verdict == .fails)
  }

  @Test func `an image that cannot be opened is a failure of the data`() async throws {
    var run = ToyRun()
    let images = run.images
    let isGone = Mutex(false)
    run.images = { index in
      if isGone.withLock({ $0 }) { throw InputError("gone") }
      return try images(index)
    }
    let report = try await verify(
      run, change: { $0.label = { try images($0).label } }, edit: { _ in isGone.withLock { $0 = true } })
    #expect(report.verdict == .fails && report.failures.contains { $0.file == "toy" && $0.problem == "gone" })
    #expect(report.redrawn == [])
  }
}
