import Foundation
import Testing

/// Shards that are not what they should be, and shards of named pictures.
@Suite("Damaged shards, shards of pictures", .enabled(if: Program.isBuilt, Program.absent))
struct DamagedShardTests {
  /// Twelve pictures in a folder of folders, in three shards.
  private struct Scene {
    let folder: URL
    let pictures: PictureFolder

    init(_ folder: URL) throws {
      self.folder = folder
      pictures = try PictureFolder.twelve(folder.appendingPathComponent("set"))
      _ = try PictureFolder.twelve(folder.appendingPathComponent("model"))
    }

    func certify(_ shard: Int?, _ options: String...) throws -> Program.Ending {
      let place = shard.map { ["--shard", "\($0)/3", "--out", "shards/\($0)"] } ?? ["--out", "single"]
      return try Program.run(
        [
          "certify", "--model", "analytic:model", "--data", "set", "--sigma", "0.25", "--timesteps", "3",
          "--selection-samples", "3", "--samples", "20", "--alpha", "0.1", "--count", "12", "--resume",
        ] + place + options, in: folder)
    }

    func merge() throws -> Program.Ending { try Program.run(["merge", "shards", "--out", "merged"], in: folder) }
    func files(_ name: String) -> RunFiles { RunFiles(folder: folder.appendingPathComponent(name)) }

    /// Leaves a shard as an interruption after so many images does.
    func cut(_ shard: Int, to records: Int) throws {
      let lines = try files("shards/\(shard)").lines("records.jsonl").prefix(records)
      try Data(lines.map { $0 + "\n" }.joined().utf8).write(
        to: folder.appendingPathComponent("shards/\(shard)/records.jsonl"))
    }
  }

  @Test("a shard of named pictures goes on after an interruption, whatever happens to the other shards' pictures")
  func named() throws {
    try TemporaryFolder.with { folder in
      let scene = try Scene(folder)
      #expect(try scene.certify(nil).status == 0)
      for shard in 0..<3 { #expect(try scene.certify(shard).status == 0) }
      let whole = try scene.files("shards/1").text("records.jsonl")
      let own = try Self.names(scene.files("shards/1"))
      try scene.cut(1, to: 2)
      // Another shard's picture: this one never looks at it.
      let other = try #require(Self.names(scene.files("shards/0")).first)
      let intact = try Data(contentsOf: folder.appendingPathComponent("set/\(other)"))
      try scene.pictures.damage(other)
      // One of its own that is not finished may break, and come back.
      try scene.pictures.damage(own[2])
      let broken = try scene.certify(1)
      #expect(broken.status == 65 && broken.errors.contains(own[2]), "\(broken.errors)")
      try scene.pictures.write(own[2], number: Int(own[2].prefix { $0 != "/" }) ?? 0)
      let resumed = try scene.certify(1)
      #expect(resumed.status == 0, "\(resumed.errors)")
      #expect(resumed.errors.contains("resuming after 2"))
      try intact.write(to: folder.appendingPathComponent("set/\(other)"))
      #expect(try Self.timeless(scene.files("shards/1").text("records.jsonl")) == Self.timeless(whole))

      let merged = try scene.merge()
      #expect(merged.status == 0, "\(merged.errors)")
      #expect(try scene.files("merged").timelessResults() == scene.files("single").timelessResults())
      #expect(try Self.names(scene.files("merged")) == Self.names(scene.files("single")))
      let verified = try Program.run(["verify", "merged", "--redraw", "all"], in: folder)
      #expect(verified.status == 0, "\(verified.output)")
      // A folder with another picture is another data set: its shards are not of this run.
      try scene.pictures.write("12/12.npy", number: 12)
      try FileManager.default.removeItem(at: folder.appendingPathComponent("shards/2"))
      #expect(try scene.certify(2).status == 0)
      let refused = try scene.merge()
      #expect(refused.status == 65 && refused.errors.contains("data."), "\(refused.errors)")
    }
  }

  /// Of the records' pictures, in their order.
  private static func names(_ run: RunFiles) throws -> [String] {
    try run.text("records.jsonl").matches(of: #/"name":"([^"]*)"/#).map { String($0.1) }
  }

  private static func timeless(_ records: String) -> String { records.replacing(#/"seconds":[^,}]+/#, with: "") }

  @Test("half-written shards are named by merge and status, and by launch's status; certify finishes what it can")
  func halfWritten() throws {
    try ShardTests.with { split in
      try split.whole.finish()
      func write(_ name: String, _ change: (String) -> String) throws {
        let file = split.path("shards/1/\(name)")
        try change(try String(contentsOfFile: file, encoding: .utf8)).write(
          toFile: file, atomically: false, encoding: .utf8)
      }
      let honest = try String(contentsOfFile: split.path("shards/1/run.json"), encoding: .utf8)
      // What a disk leaves that ran full, or a copy that was broken off.
      for broken in ["", "{", String(honest.prefix(honest.count / 2))] {
        try write("run.json") { _ in broken }
        for command in [
          ["merge", split.path("shards"), "--out", split.path("merged")], ["status", split.path("shards")],
        ] {
          let ending = try Program.run(command)
          #expect(ending.status == 65 && ending.errors.contains("shards/1/run.json"), "\(command[0]): \(ending.errors)")
        }
      }
      try write("run.json") { _ in honest }
      // A line in the middle that is none is no interruption.
      let records = try String(contentsOfFile: split.path("shards/1/records.jsonl"), encoding: .utf8)
      try write("records.jsonl") { text in
        var lines = text.split(separator: "\n").map(String.init)
        lines[0] = String(lines[0].dropLast(9))
        return lines.joined(separator: "\n") + "\n"
      }
      let garbled = try split.merge()
      #expect(garbled.status == 65 && garbled.errors.contains("shards/1/records.jsonl"), "\(garbled.errors)")
      try write("records.jsonl") { _ in records }
      // A torn last line is one, and so is a table that was not written.
      try write("records.jsonl") { String($0.dropLast(11)) }
      try FileManager.default.removeItem(atPath: split.path("shards/1/certified.tsv"))
      try FileManager.default.removeItem(atPath: split.path("shards/1/summary.json"))
      #expect(try Program.run(["status", split.path("shards")]).status == 1)
      #expect(try split.merge().status == 65)
      try split.certify(1)
      #expect(try split.merge().status == 0)
      #expect(try split.merged.timelessResults() == split.whole.files.timelessResults())
      // The records alone, without what they are about.
      try FileManager.default.removeItem(atPath: split.path("shards/1/run.json"))
      let nameless = try split.merge()
      #expect(nameless.status == 65 && nameless.errors.contains("shards/1/run.json"), "\(nameless.errors)")
    }
  }

  /// The second shard, whose three images take a while, stopped in the middle.
  private static func stopped(_ split: ShardTests.Split) throws -> Program {
    let run = RunFiles(folder: split.folder.appendingPathComponent("shards/1"))
    while true {
      let program = try Program(split.arguments(1))
      while run.finishedImages < 1, program.isRunning { usleep(2000) }
      program.send(SIGSTOP)
      if program.isRunning, run.finishedImages < 3 { return program }
      // A busy machine: it came to its end first.
      program.send(SIGCONT)
      _ = try program.wait()
      try FileManager.default.removeItem(at: run.folder)
    }
  }

  @Test("a shard that is being written is running for status, missing for merge, and finished afterwards")
  func beingWritten() throws {
    struct Status: Decodable {
      var running: Int
      var missing: Int
    }
    try ShardTests.with(votes: 300) { split in
      try FileManager.default.removeItem(atPath: split.path("shards/1"))
      let program = try Self.stopped(split)
      let status = try Program.run(["status", split.path("shards"), "--json"])
      let found = try status.json(Status.self)
      try #require(found.running > 0 && found.missing == 0, "\(status.output)\(status.errors)")
      let merged = try split.merge()
      #expect(merged.status == 65 && merged.errors.contains("is being written (process"), "\(merged.errors)")
      let second = try Program.run(split.arguments(1))
      #expect(second.status == 64 && second.errors.contains("being written"), "\(second.errors)")
      program.send(SIGCONT)
      #expect(try program.wait().status == 0)
      #expect(try split.merge().status == 0)
    }
  }

  @Test("a shard's folder that vanishes under it ends the task as a failure, and the shard is done again")
  func vanishing() throws {
    try ShardTests.with(votes: 300) { split in
      try split.whole.finish()
      let run = RunFiles(folder: split.folder.appendingPathComponent("shards/1"))
      func vanish(_ name: String) throws {
        // At once, as nothing that removes file by file does.
        try FileManager.default.moveItem(atPath: split.path("shards/1"), toPath: split.path(name))
      }
      try vanish("before")
      let program = try Self.stopped(split)
      try vanish("first")
      program.send(SIGCONT)
      let ending = try program.wait()
      #expect(ending.status == 65, "\(ending.status ?? -1): \(ending.errors)")
      #expect(ending.errors.contains("shards/1"), "\(ending.errors)")
      // A folder that another task made meanwhile is that one's.
      let first = try Self.stopped(split)
      try vanish("second")
      try split.certify(1)
      let finished = try run.timeless()
      first.send(SIGCONT)
      #expect(try first.wait().status == 65)
      #expect(try run.timeless() == finished)
      #expect(try split.merge().status == 0)
      #expect(try split.merged.timelessResults() == split.whole.files.timelessResults())
    }
  }

  @Test("a shard by another model is refused, and edits of a shard are found by merge or by verify after it")
  func edited() throws {
    try ShardTests.with { split in
      let records = split.path("shards/1/records.jsonl")
      let honest = try String(contentsOfFile: records, encoding: .utf8)
      func lines() -> [String] { honest.split(separator: "\n").map(String.init) }
      let votes = #/"votes":\[(\d+),(\d+)/#
      for (name, change): (String, (inout [String]) -> Void) in [
        ("another label", { $0[0] = $0[0].replacing(#/"label":\d+/#, with: "\"label\":0") }),
        ("another class", { $0[0] = $0[0].replacing(#/"predicted":\d+/#, with: "\"predicted\":9") }),
        ("a larger radius", { $0[0] = $0[0].replacing(#/"radius":0/#, with: "\"radius\":1") }),
        ("votes that changed hands", { $0[0] = $0[0].replacing(votes) { "\"votes\":[\($0.2),\($0.1)" } }),
        ("two lines that changed places", { $0.swapAt(0, 1) }),
        ("a line twice", { $0[1] = $0[0] }),
        ("a line left out", { $0.remove(at: 0) }),
      ] {
        var edited = lines()
        change(&edited)
        // Votes of classes that nobody voted for are equal.
        guard edited != lines() else { continue }
        try (edited.joined(separator: "\n") + "\n").write(toFile: records, atomically: false, encoding: .utf8)
        let merged = try split.merge()
        if merged.status == 65 {
          #expect(merged.errors.contains("shards/1"), "\(name): \(merged.errors)")
          continue
        }
        #expect(merged.status == 0, "\(name): \(merged.errors)")
        #expect(try Program.run(["verify", split.path("merged"), "--redraw", "all"]).status == 65, "\(name)")
      }
      try honest.write(toFile: records, atomically: false, encoding: .utf8)
      #expect(try split.merge().status == 0)
      // A real run by another model.
      try FileManager.default.removeItem(atPath: split.path("shards/1"))
      let other = try Program.run(
        split.arguments(1) + ["--model", "analytic:npy:\(split.path("x.npy")),\(split.path("y.npy"))"])
      #expect(other.status == 0, "\(other.errors)")
      let refused = try split.merge()
      #expect(refused.status == 65 && refused.errors.contains("model."), "\(refused.errors)")
    }
  }
}
