import Foundation
import Testing

/// A small run split into shards: `--shard`, `status`, `merge`.
@Suite("Shards", .enabled(if: Program.isBuilt, Program.absent))
struct ShardTests {
  /// Eight pictures in three shards, of fixed or anytime votes.
  struct Split {
    var whole: SmallRun
    var folder: URL { whole.folder }
    var of = 3

    func path(_ name: String) -> String { folder.file(name) }
    func shards() -> [String] { (0..<of).map { path("shards/\($0)") } }

    /// The whole's command line for a shard, with what comes last deciding.
    func arguments(_ index: Int, out: String? = nil, seed: Int? = nil, images: Int? = nil) -> [String] {
      var run = whole
      run.images = images ?? whole.images
      run.seed = seed ?? whole.seed
      var arguments = run.arguments
      if let place = arguments.firstIndex(of: "--out") { arguments[place + 1] = out ?? path("shards/\(index)") }
      return arguments + ["--shard", "\(index)/\(of)", "--resume"]
    }

    func certify(_ index: Int, out: String? = nil, seed: Int? = nil) throws {
      let ending = try Program.run(arguments(index, out: out, seed: seed))
      guard ending.status == 0 else { throw SmallRun.Unfinished(errors: ending.errors) }
    }

    func merge(_ options: String...) throws -> Program.Ending {
      try Program.run(["merge"] + shards() + ["--out", path("merged")] + options)
    }

    var merged: RunFiles { RunFiles(folder: folder.appendingPathComponent("merged")) }
  }

  /// The pictures, and their shards where they are wanted.
  static func with(
    _ stop: SmallRun.Stop = .fixed, finished: Bool = true, votes: Int? = nil, _ body: (Split) throws -> Void
  ) throws {
    try TemporaryFolder.with { folder in
      let split = Split(whole: SmallRun(stop: stop, folder: folder, images: 8, votes: votes))
      try split.whole.prepare()
      if finished { for index in 0..<split.of { try split.certify(index) } }
      try body(split)
    }
  }

  struct Description: Decodable {
    struct Part: Decodable {
      var path: String
      var shard: String?
      var host: String
      var version: String
      var records: String
      var finished: Int
    }

    struct Merged: Decodable {
      var parts: [Part]
      var partialOf: Int?
    }

    var merged: Merged?
    var claim: Int?
  }

  static func description(_ run: RunFiles) throws -> Description {
    try JSONDecoder().decode(Description.self, from: Data(run.text("run.json").utf8))
  }

  /// The members of run.json, each as text.
  static func fields(_ run: RunFiles) throws -> [String: String] {
    let object = try JSONSerialization.jsonObject(with: Data(run.text("run.json").utf8)) as? [String: Any] ?? [:]
    return try object.mapValues {
      let data = try JSONSerialization.data(withJSONObject: $0, options: [.sortedKeys, .fragmentsAllowed])
      return String(decoding: data, as: UTF8.self)
    }
  }

  @Test("merged shards are what one machine leaves, but for times", arguments: SmallRun.Stop.allCases)
  func equal(stop: SmallRun.Stop) throws {
    try Self.with(stop) { split in
      try split.whole.finish()
      let ending = try split.merge()
      #expect(ending.status == 0, "\(ending.errors)")
      #expect(try split.merged.timelessResults() == split.whole.files.timelessResults())
      let (merged, single) = try (
        Self.fields(split.merged), Self.fields(split.whole.files)
      )
      let differing = Set(merged.keys).union(single.keys).filter { merged[$0] != single[$0] }
      #expect(differing.subtracting(["arguments", "created", "merged"]).isEmpty, "\(differing)")
      let parts = try #require(Self.description(split.merged).merged).parts
      #expect(parts.map(\.shard) == ["0/3", "1/3", "2/3"])
      #expect(parts.map(\.finished) == [3, 3, 2])
      let verified = try Program.run(["verify", split.path("merged"), "--redraw", "all"])
      #expect(verified.status == 0, "\(verified.output)")
      for command in [
        ["report", split.path("merged"), "--json"], ["report", split.path("shards/1"), "--json"],
        ["compare", split.path("merged"), split.whole.path], ["verify", split.path("shards/1"), "--redraw", "1"],
      ] {
        let ending = try Program.run(command)
        #expect(ending.status == 0, "\(command[0]): \(ending.errors)")
      }
    }
  }

  @Test("a shard claims for the whole, and another shard or selection does not continue it")
  func claims() throws {
    try Self.with { split in
      #expect(try Self.description(RunFiles(folder: split.folder.appendingPathComponent("shards/0"))).claim == 8)
      let other = try Program.run(split.arguments(1, out: split.path("shards/0")))
      #expect(other.status == 64)
      #expect(other.errors.contains("shard.index"))
      let larger = try Program.run(split.arguments(0, images: 6))
      #expect(larger.status == 64)
      let whole = try Program.run(
        split.whole.arguments.map { $0 == split.whole.path ? split.path("shards/0") : $0 } + ["--resume"])
      #expect(whole.status == 64)
      for wrong in ["3/3", "-1/3", "1", "1/0", "a/b", "1/2/3"] {
        #expect(try Program.run(["certify", "--shard", wrong]).status == 64, "\(wrong)")
      }
      let empty = try Program.run(["certify", "--count", "2", "--shard", "2/3", "--out", split.path("empty")])
      #expect(empty.status == 64)
      #expect(!FileManager.default.fileExists(atPath: split.path("empty")))
    }
  }

  @Test("status tells what is done and what is missing, and ends with 1 until all is there")
  func status() throws {
    struct Status: Decodable {
      var images: Int
      var done: Int
      var missing: Int
      var absentShards: [String]
    }
    try Self.with(finished: false) { split in
      try split.certify(0)
      try split.certify(2)
      let partly = try Program.run(["status"] + split.shards() + ["--json"])
      #expect(partly.status == 1)
      let found = try partly.json(Status.self)
      #expect((found.images, found.done, found.missing) == (8, 5, 3))
      #expect(found.absentShards == ["1/3"])
      try split.certify(1)
      #expect(try Program.run(["status", split.path("shards")]).status == 0)
    }
  }

  @Test("a missing shard, a half-written one and one that vanished are refused, and merged as partial when asked")
  func partial() throws {
    try Self.with { split in
      let records = split.path("shards/1/records.jsonl")
      var text = try String(contentsOfFile: records, encoding: .utf8)
      text.removeLast(20)
      try text.write(toFile: records, atomically: false, encoding: .utf8)
      let torn = try split.merge()
      #expect(torn.status == 65)
      #expect(torn.errors.contains("1 of 8 images are missing"), "\(torn.errors)")
      try FileManager.default.removeItem(atPath: split.path("shards/1"))
      let vanished = try split.merge()
      #expect(vanished.status == 65)
      #expect(vanished.errors.contains("shards/1"))
      let without = try Program.run(["merge", split.path("shards"), "--out", split.path("merged")])
      #expect(without.status == 65)
      #expect(without.errors.contains("no part is shard 1/3"), "\(without.errors)")
      #expect(!FileManager.default.fileExists(atPath: split.path("merged")))

      let partial = try split.merge("--partial")
      #expect(partial.status == 0, "\(partial.errors)")
      #expect(try split.merged.records().map(\.index) == [0, 2, 3, 5, 6])
      #expect(try Self.description(split.merged).merged?.partialOf == 8)
      let verified = try Program.run(["verify", split.path("merged"), "--redraw", "0"])
      #expect(verified.status == 0)
      #expect(verified.output.contains("partial"))
      let report = try Program.run(
        ["report", split.path("merged"), "--json", "--out", split.path("r.html"), "--markdown", split.path("t.md")])
      #expect(report.output.contains("partial: 5 of 8 images"))
      #expect(try String(contentsOfFile: split.path("r.html"), encoding: .utf8).contains("partial: 5 of"))
      #expect(try String(contentsOfFile: split.path("t.md"), encoding: .utf8).contains("partial"))
      try split.whole.finish()
      let compared = try Program.run(["compare", split.path("merged"), split.whole.path, "--common"])
      #expect(compared.output.contains("partial"))
      // A partial run gives way to the complete one.
      try split.certify(1)
      #expect(try split.merge().status == 0)
      #expect(try split.merged.timelessResults() == split.whole.files.timelessResults())
    }
  }

  @Test("parts of another seed, model, data or version are refused with the field and both values")
  func others() throws {
    try Self.with(finished: false) { split in
      try split.certify(0)
      try split.certify(1)
      func refused(_ field: String, _ expected: String = "") throws {
        let ending = try split.merge()
        #expect(ending.status == 65)
        #expect(
          ending.errors.contains(field) && (expected.isEmpty || ending.errors.contains(expected)), "\(ending.errors)")
        #expect(!FileManager.default.fileExists(atPath: split.path("merged")))
      }
      try split.certify(2, seed: 8)
      try refused("smoothing.seed", "expected 7")
      try FileManager.default.removeItem(atPath: split.path("shards/2"))
      try split.certify(2)
      let manifest = split.path("shards/2/run.json")
      let honest = try String(contentsOfFile: manifest, encoding: .utf8)
      let digests = honest.matches(of: #/"digest" : "([0-9a-f]{64})"/#).map { String($0.1) }
      #expect(digests.count >= 2)
      for (old, new, field) in [
        ("\"version\" : \"0.3.0\"", "\"version\" : \"0.2.9\"", "program.version"),
        ("\"precision\" : \"fp32\"", "\"precision\" : \"bf16\"", "classifier.precision"),
        ("\"instructionSet\" : \"", "\"instructionSet\" : \"other ", "host.instructionSet"),
      ] + digests.prefix(2).map({ ($0, String(repeating: "0", count: 64), ".digest") }) {
        try honest.replacing(old, with: new).write(toFile: manifest, atomically: false, encoding: .utf8)
        try refused(field)
      }
    }
  }

  @Test("an edited shard is found by verify after merging")
  func edited() throws {
    try Self.with { split in
      let file = split.path("shards/1/records.jsonl")
      var lines = try String(contentsOfFile: file, encoding: .utf8).split(separator: "\n").map(String.init)
      lines[0] = lines[0].replacing(#/"evaluations":(\d+)/#) { "\"evaluations\":\((Int($0.1) ?? 0) + 1)" }
      try (lines.joined(separator: "\n") + "\n").write(toFile: file, atomically: false, encoding: .utf8)
      #expect(try split.merge().status == 0)
      #expect(try Program.run(["verify", split.path("merged"), "--redraw", "all"]).status == 65)
    }
  }

  @Test("a shard that was run twice counts once; two different records of an image are refused")
  func twice() throws {
    try Self.with { split in
      try split.certify(1, out: split.path("again"))
      let parts = split.shards() + [split.path("again")]
      let ending = try Program.run(["merge"] + parts + ["--out", split.path("merged")])
      #expect(ending.status == 0, "\(ending.errors)")
      #expect(try split.merged.records().map(\.index) == Array(0..<8))
      let file = split.path("again/records.jsonl")
      try String(contentsOfFile: file, encoding: .utf8).replacing(#/"evaluations":(\d+)/#) { _ in "\"evaluations\":7" }
        .write(toFile: file, atomically: false, encoding: .utf8)
      let differing = try Program.run(["merge"] + parts + ["--out", split.path("other")])
      #expect(differing.status == 65)
      #expect(differing.errors.contains("evaluations"), "\(differing.errors)")
    }
  }

  @Test("runs of disjoint selections merge; two merges at once leave one whole run")
  func disjoint() throws {
    try Self.with { split in
      try split.whole.finish()
      for (first, count) in [(0, 3), (3, 5)] {
        let arguments = split.whole.arguments.map { $0 == split.whole.path ? split.path("part\(first)") : $0 }
        let ending = try Program.run(arguments + ["--first", "\(first)", "--count", "\(count)"])
        #expect(ending.status == 0, "\(ending.errors)")
      }
      let parts = ["merge", split.path("part3"), split.path("part0"), "--out", split.path("merged")]
      #expect(try Program.run(parts).status == 0)
      #expect(try split.merged.timelessResults() == split.whole.files.timelessResults())
      let merges = try (0..<6).map { _ in
        try Program(["merge"] + split.shards() + ["--out", split.path("merged")])
      }
      for merge in merges {
        let ending = try merge.wait()
        #expect(ending.status == 0, "\(ending.errors)")
      }
      #expect(try split.merged.timelessResults() == split.whole.files.timelessResults())
      let left = try FileManager.default.contentsOfDirectory(atPath: split.folder.path)
      #expect(!left.contains { $0.hasPrefix(".ndc-") }, "\(left)")
      // Nothing but a merged run is replaced.
      #expect(try Program.run(["merge"] + split.shards() + ["--out", split.whole.path]).status == 64)
      try Data().write(to: URL(fileURLWithPath: split.path("merged/mine.txt")))
      #expect(try split.merge().status == 64)
    }
  }

  @Test("a shard killed and resumed merges like an undisturbed one")
  func killed() throws {
    try Self.with(finished: false, votes: 300) { split in
      try split.whole.finish()
      let run = RunFiles(folder: split.folder.appendingPathComponent("shards/0"))
      let program = try Program(split.arguments(0))
      while run.finishedImages < 1, program.isRunning { usleep(2000) }
      program.send(SIGKILL)
      _ = try program.wait()
      for index in 0..<3 { try split.certify(index) }
      #expect(try split.merge().status == 0)
      #expect(try split.merged.timelessResults() == split.whole.files.timelessResults())
    }
  }
}
