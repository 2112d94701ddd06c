import Records
import Basics
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
    return copy
  }
}
