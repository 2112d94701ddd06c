import Foundation
import Testing

/// What happens to a run directory when the world around it fails: finished records stay, in order, each once.
@Suite("Faults", .enabled(if: Program.isBuilt, Program.absent))
struct FaultTests {
  /// Finished records are whole and the run can go on to the records of an undisturbed one.
  private func expectRecovery(_ run: SmallRun, _ location: SourceLocation = #_sourceLocation) throws {
    let ending = try run.finish()
    #expect(ending.status == 0, "\(ending.errors)", sourceLocation: location)
    let indices = try run.files.records().map(\.index)
    #expect(indices == Array(0..<run.images), sourceLocation: location)
    let verified = try run.verify("--redraw", "all")
    #expect(verified.status == 0, "\(verified.output)", sourceLocation: location)
  }

  /// Starts the run and waits until it has finished so many images.
  private func start(_ run: SmallRun, images: Int) throws -> Program {
    let program = try Program(run.arguments + ["--resume"])
    while program.isRunning, run.files.finishedImages < images { usleep(500) }
    return program
  }

  private func withRun(_ stop: SmallRun.Stop, slow: Bool = false, _ body: (SmallRun) throws -> Void) throws {
    try TemporaryFolder.with { folder in
      let run = SmallRun(stop: stop, folder: folder, votes: slow ? 6000 : nil)
      try run.prepare()
      try body(run)
    }
  }

  @Test("a second process on a run directory is refused and told who holds it")
  func twoProcesses() throws {
    try withRun(.fixed, slow: true) { run in
      let first = try start(run, images: 1)
      let before = run.files.finishedImages
      // It stands still meanwhile: on a busy machine it might be done before the others have asked.
      first.send(SIGSTOP)
      let second = try Program.run(run.arguments + ["--resume"])
      let verified = try run.verify()
      #expect(first.isRunning, "the first process must still be at work")
      first.send(SIGTERM)
      first.send(SIGCONT)
      let ending = try first.wait()
      #expect(ending.status == 130, "\(ending.errors)")
      let holder = "process \(first.identifier) on \(ProcessInfo.processInfo.hostName)"
      #expect(second.status == 64 && second.errors.contains(holder), "\(second.errors)")
      #expect(verified.status == 64 && verified.errors.contains(holder), "\(verified.errors)")
      #expect(try run.files.records().count >= before)
    }
  }

  @Test("a run directory removed or replaced during a run ends the run with the file's name", arguments: [false, true])
  func vanished(isReplaced: Bool) throws {
    try withRun(.fixed, slow: true) { run in
      let program = try start(run, images: 2)
      program.send(SIGSTOP)
      #expect(program.isRunning, "the process must still be at work")
      let aside = run.path + ".aside"
      try FileManager.default.moveItem(atPath: run.path, toPath: aside)
      if isReplaced { try FileManager.default.copyItem(atPath: aside, toPath: run.path) }
      program.send(SIGCONT)
      let kept = RunFiles(folder: URL(fileURLWithPath: aside))
      let finished = kept.finishedImages
      let ending = try program.wait()
      #expect(ending.status == 65, "\(ending.errors)")
      // The folder may go between the two writes of an image, and a moment passes before the copy stands in its place.
      // Whatever is written first afterwards is named: an image's record, its row, or votes of one under way.
      let named = ["records.jsonl", "certified.tsv", "/run/.ndc-votes-"].contains { ending.errors.contains($0) }
      // The next image's votes want a file in a folder that is no longer there.
      let reasons = ["vanished", "cannot open for writing: No such file"] + (isReplaced ? ["replaced"] : [])
      // Before that the run looks whether the folder is still its own, and names it.
      let isNoticed = ending.errors.contains("/run: the folder was removed or replaced while it was being written")
      #expect(isNoticed || (named && reasons.contains { ending.errors.contains($0) }), "\(ending.errors)")
      // At most the record that was being written when the folder went away is more than what was there then.
      #expect((finished...finished + 1).contains(kept.finishedImages))
      if isReplaced {
        let copy = try run.files.records().map(\.index)
        #expect(copy == Array(0..<copy.count))
      } else {
        #expect(!FileManager.default.fileExists(atPath: run.path))
      }
    }
  }

  @Test("a data file that is cut short while it is mapped ends the program with the file's name")
  func cutWhileMapped() throws {
    try TemporaryFolder.with { folder in
      let (pictures, labels) = (folder.appendingPathComponent("x.npy"), folder.appendingPathComponent("y.npy"))
      // Holes take no room on the disk, and reading gigabytes takes longer than cutting the file.
      let count = 2_000_000
      func write(_ url: URL, type: String, shape: String, bytes: Int) throws {
        let text = "{'descr': '\(type)', 'fortran_order': False, 'shape': (\(shape)), }"
        let header = text + String(repeating: " ", count: 117 - text.count) + "\n"
        try (Data([0x93] + "NUMPY".utf8 + [1, 0, 118, 0]) + Data(header.utf8)).write(to: url)
        #expect(truncate(url.path, 128 + bytes) == 0)
      }
      try write(pictures, type: "|u1", shape: "\(count), 28, 28", bytes: count * 28 * 28)
      try write(labels, type: "|u1", shape: "\(count),", bytes: count)
      let program = try Program(["classify", "--data", "npy:\(pictures.path),\(labels.path)", "--count", "1"])
      let mappings = "/proc/\(program.identifier)/maps"
      func isMapped() -> Bool {
        (try? String(contentsOfFile: mappings, encoding: .utf8))?.contains(pictures.path) == true
      }
      while program.isRunning, !isMapped() { usleep(100) }
      // The header stays: the program may not have read it yet, and would refuse zeros in its place.
      #expect(truncate(pictures.path, 128) == 0)
      let ending = try program.wait()
      #expect(ending.status == 65 && ending.errors.contains("\(pictures.path): was cut short"), "\(ending.errors)")
    }
  }

  @Test("a folder that may not be written ends the run at once, and what is in it stays")
  func readOnly() throws {
    try withRun(.anytime) { run in
      try run.finish()
      let before = try run.files.timeless()
      // Permissions do not bind root: a folder in place of a file binds everybody.
      let table = run.files.folder.appendingPathComponent("certified.tsv")
      try FileManager.default.removeItem(at: table)
      try FileManager.default.createDirectory(at: table, withIntermediateDirectories: false)
      let ending = try run.finish()
      #expect(ending.status == 65 && ending.errors.contains("certified.tsv"), "\(ending.errors)")
      try FileManager.default.removeItem(at: table)
      try expectRecovery(run)
      #expect(try run.files.timeless() == before)
      if getuid() != 0 {
        try FileManager.default.setAttributes([.posixPermissions: 0o555], ofItemAtPath: run.path)
        let refused = try run.finish()
        #expect(refused.status == 65 && refused.errors.contains(run.path))
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: run.path)
      }
    }
  }

  @Test("a full disk ends the run with the file's name; with room again it goes on", .enabled(if: SmallDisk.canMount))
  func fullDisk() throws {
    try TemporaryFolder.with { folder in
      let disk = try SmallDisk(kibibytes: 64, at: folder.appendingPathComponent("disk"))
      defer { disk.unmount() }
      var run = SmallRun(stop: .fixed, folder: folder)
      run.place = disk.folder
      try run.prepare()
      // All but the room for the manifest and a few records.
      let ballast = disk.folder.appendingPathComponent("ballast")
      try Data(count: 48 << 10).write(to: ballast)
      run.images = 8
      var ending = try Program.run(run.arguments + ["--resume"])
      var ballastSize = 48
      while ending.status == 0, ballastSize < 64 {
        // Records are small: fill what is left and begin again.
        ballastSize += 4
        try FileManager.default.removeItem(at: run.files.folder)
        try Data(count: ballastSize << 10).write(to: ballast)
        ending = try Program.run(run.arguments + ["--resume"])
      }
      #expect(ending.status == 65, "\(ending.errors)")
      #expect(ending.errors.contains("No space left on device"), "\(ending.errors)")
      if run.files.finishedImages > 0 {
        let indices = try run.files.records().map(\.index)
        #expect(indices == Array(0..<indices.count))
      }
      try FileManager.default.removeItem(at: ballast)
      try expectRecovery(run)
    }
  }

  @Test("a torn last line is done again", arguments: SmallRun.Stop.allCases)
  func tornLine(stop: SmallRun.Stop) throws {
    try SmallRun.with(stop) { run in
      let before = try run.files.timeless()
      let file = run.files.folder.appendingPathComponent("records.jsonl")
      let bytes = try Data(contentsOf: file)
      // In the middle of a line, never at its end.
      let middle = (bytes[..<(bytes.count / 2)].lastIndex(of: UInt8(ascii: "\n")) ?? 0) + 20
      for length in [bytes.count - 1, bytes.count - 30, middle] {
        try bytes.prefix(length).write(to: file)
        let torn = try run.verify("--redraw", "0")
        #expect(torn.status == 65 && torn.output.contains("torn line"), "\(torn.output)")
        try expectRecovery(run)
        #expect(try run.files.timeless() == before)
      }
    }
  }

  @Test("a run whose model or data have changed is not continued, and the difference is named")
  func changedSources() throws {
    try SmallRun.with(.anytime) { run in
      let before = try run.files.timeless()
      for (name, field) in [("model.pkl", "model.digest"), ("x.npy", "data.digest")] {
        let file = run.folder.appendingPathComponent(name)
        let original = try Data(contentsOf: file)
        var bytes = original
        // The last byte of a weight, or of a pixel of a finished picture, the first of eight.
        bytes[name == "x.npy" ? bytes.count - 7 * 256 - 2 : bytes.count * 3 / 4] ^= 1
        try bytes.write(to: file)
        var grown = run
        grown.images = 8
        let ending = try grown.finish()
        #expect(
          ending.status == 64 && ending.errors.contains(field) || ending.status == 65 && ending.errors.contains(name),
          "\(ending.errors)")
        #expect(try run.files.timeless() == before)
        try original.write(to: file)
      }
      var grown = run
      grown.images = 8
      try expectRecovery(grown)
    }
  }

  @Test("records that claim impossible numbers are refused, not computed with")
  func hostileRecords() throws {
    try SmallRun.with(.fixed) { run in
      let original = try run.files.text("records.jsonl")
      for (pattern, replacement) in [
        (#""radius":[^,]*"#, #""radius":1e300"#), (#""evaluations":\d*"#, #""evaluations":9223372036854775807"#),
        (#""label":\d"#, #""label":9223372036854775807"#), (#""seconds":[^,]*"#, #""seconds":1e308"#),
        (#""candidate":\d"#, #""candidate":-1"#), (#""votes":\[[^]]*\]"#, #""votes":[]"#),
        (#""samples":\d*,"sec"#, #""samples":18446744073709551616,"sec"#),
        (#"^\{"#, #"{"deep":"# + String(repeating: "[", count: 100_000)),
      ] {
        try run.edit("records.jsonl") { lines in
          let edited = lines[1].replacingOccurrences(of: pattern, with: replacement, options: .regularExpression)
          try #require(edited != lines[1], "\(lines[1]) has no \(pattern)")
          lines[1] = edited
        }
        for ending in [
          try run.finish(), try run.verify("--redraw", "all"), try Program.run(["report", run.path, "--json"]),
        ] {
          #expect(ending.status == 65, "\(replacement): \(ending.errors)")
          #expect(ending.errors.contains("line 2") || ending.output.contains("line 2"), "\(ending.errors)")
        }
        try Data(original.utf8).write(to: run.files.folder.appendingPathComponent("records.jsonl"))
      }
      try expectRecovery(run)
    }
  }

  @Test("a pipe or a device in the place of a run's file is refused at once", arguments: ["run.json", "records.jsonl"])
  func notAFile(name: String) throws {
    try SmallRun.with(.fixed) { run in
      let file = run.files.folder.file(name)
      try FileManager.default.removeItem(atPath: file)
      try #require(mkfifo(file, 0o644) == 0)
      for ending in [try run.verify("--redraw", "0"), try run.finish()] {
        #expect(ending.status == 65, "\(ending.errors)")
      }
    }
  }
}

/// A file system of a few pages that a test may fill.
struct SmallDisk {
  var folder: URL

  /// Whether this process may mount; where it may not, the test is skipped.
  static let canMount: Bool = {
    guard getuid() == 0, let folder = try? TemporaryFolder.make() else { return false }
    defer { try? FileManager.default.removeItem(at: folder) }
    guard let disk = try? SmallDisk(kibibytes: 16, at: folder.appendingPathComponent("probe")) else { return false }
    disk.unmount()
    return true
  }()

  private struct Refused: Error {}

  init(kibibytes: Int, at folder: URL) throws {
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    self.folder = folder
    guard mount("tmpfs", folder.path, "tmpfs", 0, "size=\(kibibytes)k") == 0 else { throw Refused() }
  }

  func unmount() { umount2(folder.path, Int32(MNT_DETACH)) }
}
