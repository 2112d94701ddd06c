import Records
import Basics
import Certification
import Foundation
import Runs
import Testing

@Suite struct RunDirectoryTests {
  @Test("A run leaves its four files, the manifest first")
  func files() async throws {
    try await TemporaryFolder.with { folder in
      let path = folder + "/deep/run"
      let run = ToyRun()
      let directory = try run.directory(path)
      #expect(try RunDirectory.readManifest(path) == directory.manifest)
      #expect(directory.manifest == run.manifest.withCreated(directory.manifest.created))
      let summary = try await run.run(into: directory)
      let names = try FileManager.default.contentsOfDirectory(atPath: path).filter { !$0.hasPrefix(".") }.sorted()
      #expect(names == ["certified.tsv", "records.jsonl", "run.json", "summary.json"])
      let data = try #require(FileManager.default.contents(atPath: path + "/summary.json"))
      #expect(try JSONDecoder().decode(RunSummary.self, from: data) == summary)
    }
  }

  @Test("A lock given up lives on in no copy of its descriptor, as a program just being started has one")
  func copiedLock() async throws {
    try await TemporaryFolder.with { folder in
      let path = folder + "/run"
      var copy: Int32 = -1
      defer { if copy >= 0 { close(copy) } }
      do {
        let directory = try ToyRun().directory(path)
        var named = stat()
        try #require(stat(path + "/.ndc-lock", &named) == 0)
        let held = (3..<getdtablesize()).first { descriptor in
          var open = stat()
          return fstat(descriptor, &open) == 0 && (open.st_dev, open.st_ino) == (named.st_dev, named.st_ino)
        }
        copy = fcntl(try #require(held), F_DUPFD_CLOEXEC, 3)
        try #require(copy >= 0)
        #expect(throws: UsageError.self) { try ToyRun().directory(path, resume: true) }
        withExtendedLifetime(directory) {}
      }
      #expect(throws: Never.self) { try ToyRun().directory(path, resume: true) }
    }
  }

  @Test("Whoever looks at a run keeps nobody from writing to it; who writes does")
  func looked() async throws {
    try await TemporaryFolder.with { folder in
      let path = folder + "/run"
      do { _ = try ToyRun().directory(path) }
      // A look that takes long.
      let looker = open(path + "/.ndc-lock", O_RDONLY)
      defer { close(looker) }
      try #require(looker >= 0 && flock(looker, LOCK_SH | LOCK_NB) == 0)
      Thread.detachNewThread {
        usleep(200_000)
        flock(looker, LOCK_UN)
      }
      #expect(throws: Never.self) { try ToyRun().directory(path, resume: true) }

      let looks = (0..<2).map { _ in
        Task.detached { while !Task.isCancelled { _ = try RunStatus([path]) } }
      }
      for _ in 0..<200 { #expect(throws: Never.self) { try ToyRun().directory(path, resume: true) } }
      for look in looks {
        look.cancel()
        try await look.value
      }

      // Nobody waits for a writer, and a looker beside it sees it.
      let writer = try ToyRun().directory(path, resume: true)
      #expect(try RunStatus([path]).parts[0].holder != nil)
      let start = ContinuousClock.now
      let text = await message(of: UsageError.self) { _ = try ToyRun().directory(path, resume: true) }
      #expect(text?.contains("is being written by another run (process") ?? false, "\(text ?? "nothing")")
      // A looker is waited for longer.
      #expect(ContinuousClock.now - start < .seconds(8))
      withExtendedLifetime(writer) {}
    }
  }

  @Test("The joint claim's N is fixed when the run begins, and growing changes nothing of it")
  func claim() async throws {
    try await TemporaryFolder.with { folder in
      let path = folder + "/run"
      var run = ToyRun()
      #expect(try run.directory(path).manifest.claim == 8)
      #expect(try RunDirectory.readManifest(path).claim == 8)
      run.selection.count = 11
      // One process holds a directory as long as it is open.
      do {
        let grown = try run.directory(path, resume: true)
        #expect(
          grown.manifest.claim == 8 && grown.manifest.beyondClaim(11) == 3 && grown.manifest.beyondClaim(8) == nil)
        let summary = try await run.run(into: grown)
        #expect(summary.beyondClaim == 3 && summary.table.contains("images without joint claim  3"))
      }
      var verification = try RunVerification(path: path)
      verification.checkFiles(engine: nil)
      let report = verification.report()
      #expect(report.failures == [] && report.claim == 8 && report.beyondClaim == 3)
      run.claim = 11
      let text = await message(of: UsageError.self) { _ = try run.directory(path, resume: true) }
      #expect(text?.contains("claim is 8 in the run, 11 asked for") == true)
      // More may be claimed beforehand, less than the run begins with may not.
      #expect(try run.directory(folder + "/large").manifest.claim == 11)
      run.claim = 10
      let fewer = await message(of: UsageError.self) { _ = try run.directory(folder + "/small") }
      #expect(fewer?.contains("claim 10") == true)
    }
  }

  @Test("A run of 0.2.0 claims what it claimed, and keeps its records' form")
  func earlierClaim() async throws {
    try await TemporaryFolder.with { folder in
      let path = folder + "/run"
      var run = ToyRun(targets: [0.1])
      run.version = "0.2.0"
      _ = try await run.run(into: try run.directory(path))
      var lines = try TemporaryFolder.text(path + "/run.json").split(separator: "\n").map(String.init)
      lines.removeAll { $0.contains("\"claim\"") }
      try TemporaryFolder.write(lines.joined(separator: "\n"), to: path + "/run.json")
      run.selection.count = 10
      do {
        let directory = try run.directory(path, resume: true)
        #expect(directory.manifest.claim == nil)
        _ = try await run.run(into: directory)
        #expect(directory.records.count == 10 && directory.records.allSatisfy { $0.against == nil })
      }
      run.claim = 10
      let text = await message(of: UsageError.self) { _ = try run.directory(path, resume: true) }
      #expect(text?.contains("claim is absent in the run, 10 asked for") == true)
    }
  }

  @Test("A run whose records do not come of its votes is not gone on with")
  func forged() async throws {
    try await TemporaryFolder.with { folder in
      let path = folder + "/run"
      let run = ToyRun(samples: 400, targets: [0.1])
      _ = try await run.run(into: try run.directory(path))
      let records = try RunDirectory.readRecords(path)
      let position = try #require(
        records.firstIndex { $0.against?.count ?? 0 > 0 && $0.bound?.successes ?? 0 > 0 })
      var record = records[position]
      let successes = record.votes[record.candidate]
      let bound = Bound(kind: .betaMixture, successes: successes, samples: successes, alpha: run.alpha)
      try #require(record.bound != bound)
      record.bound = bound
      let certificate = Certificate(bound, sigma: PixelNoise(run.sigma))
      record.pLower = certificate.pLower
      record.outcome = certificate.radius.map { .certified(label: record.candidate, radius: $0) } ?? .abstained
      var lines = try TemporaryFolder.text(path + "/records.jsonl").split(separator: "\n").map(String.init)
      lines[position] = String(decoding: try StableJSON.line(record), as: UTF8.self)
      try TemporaryFolder.write(lines.joined(separator: "\n") + "\n", to: path + "/records.jsonl")
      let text = await message(of: InputError.self) { _ = try run.directory(path, resume: true) }
      #expect(text?.contains("line \(position + 1), field \"bound\"") == true, "\(text ?? "accepted")")
    }
  }

  @Test("--resume begins a run where there is none", arguments: [true, false])
  func resumeAfresh(exists: Bool) async throws {
    try await TemporaryFolder.with { folder in
      let path = folder + "/run"
      if exists { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false) }
      let directory = try ToyRun().directory(path, resume: true)
      #expect(directory.records.isEmpty && directory.remaining == 8)
    }
  }

  @Test("An existing run is refused without --resume")
  func existing() async throws {
    try await TemporaryFolder.with { folder in
      _ = try ToyRun().directory(folder + "/run")
      let text = await message(of: UsageError.self) { _ = try ToyRun().directory(folder + "/run") }
      #expect(text?.contains("already holds a run") == true)
    }
  }

  @Test("A folder with other files is refused and left alone")
  func otherFiles() async throws {
    try await TemporaryFolder.with { folder in
      try TemporaryFolder.write("mine", to: folder + "/notes.txt")
      for resume in [true, false] {
        let text = await message(of: UsageError.self) { _ = try ToyRun().directory(folder, resume: resume) }
        #expect(text?.contains("notes.txt") == true)
      }
      #expect(!FileManager.default.fileExists(atPath: folder + "/run.json"))
    }
  }

  @Test("A run of other options, model or data is refused, naming the field and both values")
  func differences() async throws {
    let changes: [(ToyRun, String)] = [
      (ToyRun(sigma: 0.5), "smoothing.sigma is 0.25 in the run, 0.5 asked for"),
      (ToyRun(samples: 61), "smoothing.samples is 60 in the run, 61 asked for"),
      (ToyRun(selectionSamples: 11), "smoothing.selectionSamples is 10 in the run, 11 asked for"),
      (ToyRun(alpha: 0.02), "smoothing.alpha is 0.01 in the run, 0.02 asked for"),
      (ToyRun(seed: .max), "smoothing.seed is 5 in the run, 18446744073709551615 asked for"),
      (ToyRun(modelDigest: "other"), "model.digest is \"model\" in the run, \"other\" asked for"),
      (ToyRun(dataDigest: "other"), "data.digest is \"data\" in the run, \"other\" asked for"),
      (
        ToyRun(selection: ImageSelection(first: 3, stride: 2, count: 7)),
        "images.count is 8 in the run, 7 (it may only grow) asked for"
      ),
      (
        ToyRun(selection: ImageSelection(first: 3, stride: 3, count: 8)),
        "images is first 3, stride 2, count 8 in the run, first 3, stride 3, count 8 asked for"
      ),
    ]
    for (changed, expected) in changes {
      try await TemporaryFolder.with { folder in
        _ = try ToyRun().directory(folder + "/run")
        let before = try TemporaryFolder.text(folder + "/run/run.json")
        let text = await message(of: UsageError.self) { _ = try changed.directory(folder + "/run", resume: true) }
        #expect(text?.contains(expected) == true, "\(text ?? "accepted") does not say: \(expected)")
        #expect(try TemporaryFolder.text(folder + "/run/run.json") == before)
      }
    }
  }

  @Test("Threads and batch may differ, the count may grow, and a list may stand for a stride")
  func allowedDifferences() async throws {
    let reference = try await ToyRun(selection: ImageSelection(first: 3, stride: 2, count: 11)).records()
    try await TemporaryFolder.with { folder in
      let run = ToyRun()
      _ = try await run.run(into: try run.directory(folder + "/run"))
      let grown = ToyRun(threads: 2, batch: 64, selection: ImageSelection(listed: (0..<11).map { 3 + 2 * $0 }))
      let directory = try grown.directory(folder + "/run", resume: true)
      #expect(directory.remaining == 3)
      _ = try await grown.run(into: directory)
      #expect(ToyRun.timeless(directory.records) == reference)
    }
  }

  @Test("Two processes cannot write one run; the message names the one that does")
  func lock() async throws {
    try await TemporaryFolder.with { folder in
      var first: RunDirectory? = try ToyRun().directory(folder + "/run")
      let text = await message(of: UsageError.self) {
        _ = try ToyRun().directory(folder + "/run", resume: true)
      }
      let process = ProcessInfo.processInfo
      #expect(text?.contains("process \(process.processIdentifier) on \(process.hostName)") == true)
      #expect(first?.records.isEmpty == true)
      first = nil
      _ = try ToyRun().directory(folder + "/run", resume: true)
    }
  }

  @Test("A folder that cannot be made is named")
  func unwritable() async throws {
    try await TemporaryFolder.with { folder in
      try TemporaryFolder.write("a file", to: folder + "/file")
      for path in ["/file", "/file/run"] {
        let text = await message(of: InputError.self) { _ = try ToyRun().directory(folder + path) }
        #expect(text?.hasPrefix(folder + path) == true)
      }
      #expect(try TemporaryFolder.text(folder + "/file") == "a file")
    }
  }

  @Test("A manifest that is not one is refused with the file and the field")
  func damagedManifest() async throws {
    try await TemporaryFolder.with { folder in
      _ = try ToyRun().directory(folder + "/run")
      let file = folder + "/run/run.json"
      let text = try TemporaryFolder.text(file)
      for (damaged, expected) in [
        (String(text.prefix(100)), file),
        (text.replacingOccurrences(of: "\"sigma\" : 0.25,", with: "\"sigma\" : \"0.25\","), "sigma"),
        (text.replacingOccurrences(of: "\"seed\" : 5,", with: ""), "field \"smoothing.seed\""),
      ] {
        try #require(damaged != text)
        try TemporaryFolder.write(damaged, to: file)
        let complaint = await message(of: InputError.self) {
          _ = try ToyRun().directory(folder + "/run", resume: true)
        }
        #expect(complaint?.contains(expected) == true, "\(complaint ?? "accepted")")
      }
    }
  }
}

extension RunManifest {
  func withCreated(_ created: String) -> RunManifest {
    var copy = self
    copy.created = created
    // What a run fixes where it is not asked for.
    copy.claim = copy.claim ?? copy.images.count
    return copy
  }
}
