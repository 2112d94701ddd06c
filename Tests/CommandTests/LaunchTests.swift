import Foundation
import Testing

/// `ndc launch slurm` with an `sbatch` and a `scancel` that write down what they are given, and a `squeue` that says what
/// stands in `queue`.
@Suite("Launching on Slurm", .serialized, .enabled(if: Program.isBuilt, Program.absent))
struct LaunchTests {
  /// Calls `body` with the split and a way to launch it, with the options of `launch` and further ones of `certify`; what
  /// was submitted stands in `submitted`.
  private func with(
    _ body: (ShardTests.Split, _ launch: ([String], String...) throws -> Program.Ending) throws -> Void
  ) throws {
    try ShardTests.with(finished: false) { split in
      let bin = split.folder.appendingPathComponent("bin")
      try FileManager.default.createDirectory(at: bin, withIntermediateDirectories: true)
      let script =
        "#!/bin/sh\necho \"$@\" >> '\(split.path("submitted"))'\necho $((40 + $(wc -l < '\(split.path("submitted"))')))\n"
      for (name, script) in [
        "sbatch": script, "squeue": "#!/bin/sh\n[ ! -e '\(split.path("queue"))' ] || cat '\(split.path("queue"))'\n",
        "scancel": "#!/bin/sh\necho \"$@\" >> '\(split.path("withdrawn"))'\n",
      ] {
        try Data(script.utf8).write(to: bin.appendingPathComponent(name))
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: bin.file(name))
      }
      let before = ProcessInfo.processInfo.environment["PATH"] ?? ""
      setenv("PATH", "\(bin.path):\(before)", 1)
      defer { setenv("PATH", before, 1) }
      var arguments = split.whole.arguments
      if let place = arguments.firstIndex(of: "--out") { arguments[place + 1] = split.folder.path }
      func launch(_ options: [String], _ more: String...) throws -> Program.Ending {
        try Program.run(["launch", "slurm"] + options + ["--"] + arguments + more, in: split.folder)
      }
      try body(split, launch)
    }
  }

  /// Has `squeue` say so.
  private func queue(_ split: ShardTests.Split, _ lines: String...) throws {
    let text = lines.map { $0.replacing("DIR", with: split.folder.path) + "\n" }.joined()
    try Data(text.utf8).write(to: URL(fileURLWithPath: split.path("queue")))
  }

  private func submitted(_ split: ShardTests.Split) throws -> [String] {
    try String(contentsOfFile: split.path("submitted"), encoding: .utf8).split(separator: "\n").map(String.init)
  }

  @Test("the scripts say what runs, and a dry run submits nothing")
  func scripts() throws {
    try with { split, launch in
      let ending = try launch(["--shards", "3", "--time", "1:00:00", "--partition", "cpu", "--dry-run"])
      #expect(ending.status == 0, "\(ending.errors)")
      #expect(ending.output.contains("sbatch --parsable --array=0-2"))
      #expect(!FileManager.default.fileExists(atPath: split.path("submitted")))
      let job = try String(contentsOfFile: split.path("job.sh"), encoding: .utf8)
      for line in [
        "#SBATCH --requeue", "#SBATCH --time=1:00:00", "#SBATCH --partition=cpu", "trap ", "--signal=B:TERM@",
        "--shard \"$shard/3\"", "/shards/\"$shard\" --resume",
      ] {
        #expect(job.contains(line), "\(line) is not in:\n\(job)")
      }
      let merge = try String(contentsOfFile: split.path("merge.sh"), encoding: .utf8)
      for word in [" merge ", " verify ", " report "] { #expect(merge.contains(word)) }
    }
  }

  @Test("only what is missing is submitted, and the scripts carry the run to its end")
  func missing() throws {
    try with { split, launch in
      #expect(try launch(["--shards", "3"]).status == 0)
      #expect(try submitted(split)[0].contains("--array=0-2"))
      #expect(try submitted(split)[1].contains("--dependency=afterany:41"))
      // The job script is the task, with what Slurm tells it.
      func task(_ shard: Int) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/bash")
        process.arguments = [
          "-c", "SLURM_ARRAY_TASK_ID=\(shard) SLURM_ARRAY_JOB_ID=1 exec bash '\(split.path("job.sh"))' 2>/dev/null >&2",
        ]
        try process.run()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
      }
      try task(1)
      #expect(try launch([]).status == 0)
      #expect(try submitted(split)[2].contains("--array=0,2 "))
      try task(0)
      try task(2)
      #expect(try launch(["--shards", "3"]).status == 0)
      #expect(try submitted(split).count == 5, "nothing but the merge is left to submit")
      #expect(try launch(["--shards", "4"]).status == 64)
      let process = Process()
      process.executableURL = URL(fileURLWithPath: "/bin/bash")
      process.arguments = ["-c", "exec bash '\(split.path("merge.sh"))' >/dev/null 2>&1"]
      try process.run()
      process.waitUntilExit()
      #expect(process.terminationStatus == 0)
      #expect(FileManager.default.fileExists(atPath: split.path("report.html")))
      let last = try launch([])
      #expect(last.status == 0 && last.output.contains("nothing to submit"), "\(last.output)\(last.errors)")
      #expect(try submitted(split).count == 5)
      var whole = split.whole
      whole.place = split.folder.appendingPathComponent("single")
      try whole.finish()
      #expect(try split.merged.timelessResults() == whole.files.timelessResults())
    }
  }

  @Test("what waits or runs in the queue is not submitted again, and one merge waits for all of it")
  func queued() throws {
    try with { split, launch in
      #expect(try launch(["--shards", "4", "--at-once", "2"]).status == 0)
      #expect(try submitted(split)[0].contains("--array=0-3%2 "))
      // Nothing has begun; squeue alone knows.
      try queue(
        split, "41|0|RUNNING|DIR/job.sh", "41|1|PENDING|DIR/job.sh", "41|2|PENDING|/elsewhere/job.sh",
        "42|N/A|PENDING|DIR/merge.sh", "43|N/A|PENDING|DIR/other/merge.sh")
      let partly = try launch([])
      #expect(partly.status == 0, "\(partly.errors)")
      #expect(partly.errors.contains("2 of 4 shards are to be submitted, 2 wait or run"), "\(partly.errors)")
      #expect(try submitted(split)[2].contains("--array=2-3 "))
      #expect(try submitted(split)[3].contains("--dependency=afterany:41:43 "))
      #expect(try String(contentsOfFile: split.path("withdrawn"), encoding: .utf8) == "--state=PENDING 42\n")

      try queue(
        split, "41|0|RUNNING|DIR/job.sh", "41|1|PENDING|DIR/job.sh", "43|2|PENDING|DIR/job.sh",
        "43|3|PENDING|DIR/job.sh", "44|N/A|PENDING|DIR/merge.sh")
      let whole = try launch([])
      #expect(whole.status == 0 && whole.output.contains("nothing to submit"), "\(whole.output)\(whole.errors)")
      #expect(try submitted(split).count == 4)
      // A merge that was taken away comes back, without any task.
      try queue(split, "41|0|RUNNING|DIR/job.sh", "41|1|PENDING|DIR/job.sh", "43|2|PENDING|DIR/job.sh")
      #expect(try launch(["--dry-run"]).output.contains("--array=3 "))
      #expect(try submitted(split).count == 4)

      // What waits keeps the number of shards and the options.
      let other = try launch(["--shards", "5"])
      #expect(other.status == 64 && other.errors.contains("shards of 4"), "\(other.errors)")
      let seeds = try launch([], "--seed", "99")
      #expect(seeds.status == 64 && seeds.errors.contains("was launched as"), "\(seeds.errors)")
      #expect(try submitted(split).count == 4)
      try FileManager.default.removeItem(atPath: split.path("queue"))
      #expect(try launch(["--shards", "5", "--dry-run"], "--seed", "99").status == 0)
    }
  }

  @Test("a queue that is not known stops the launch, and a dry run says so")
  func unknown() throws {
    try with { split, launch in
      try Data("#!/bin/sh\necho no controller >&2\nexit 1\n".utf8).write(
        to: URL(fileURLWithPath: split.path("bin/squeue")))
      let ending = try launch(["--shards", "3"])
      #expect(ending.status == 65 && ending.errors.contains("no controller"), "\(ending.errors)")
      #expect(!FileManager.default.fileExists(atPath: split.path("submitted")))
      #expect(FileManager.default.fileExists(atPath: split.path("job.sh")))
      let dry = try launch(["--shards", "3", "--dry-run"])
      #expect(dry.status == 0 && dry.errors.contains("is not known"), "\(dry.errors)")
    }
  }

  @Test("a pilot proposes a number of shards and says how long all take; launched again, the number stays")
  func pilot() throws {
    try with { split, launch in
      let first = try launch(["--dry-run", "--pilot", "2", "--at-once", "2"])
      #expect(first.status == 0, "\(first.errors)")
      #expect(first.errors.contains("pilot: 2 of 8 images"), "\(first.errors)")
      let proposed = try #require(
        first.errors.firstMatch(of: #/proposed: (\d+) shards; expected with 2 tasks at once: .* s/#))
      #expect(try String(contentsOfFile: split.path("job.sh"), encoding: .utf8).contains("$shard/\(proposed.1)\""))
      let again = try launch(["--dry-run"])
      #expect(!again.errors.contains("pilot:"))
      #expect(again.errors.contains("of \(proposed.1) shards are to be submitted"), "\(again.errors)")
      let own = try launch(["--dry-run", "--shards", "8", "--pilot", "2"])
      #expect(own.errors.contains("8 shards; expected with 64 tasks at once") && !own.errors.contains("proposed"))
      let without = try launch(["--dry-run", "--pilot", "0"], "--seed", "3")
      #expect(without.errors.contains("8 of 8 shards are to be submitted"), "\(without.errors)")
      #expect(!without.errors.contains("expected"))
      // A pilot that fails fails as the tasks would.
      let wrong = try launch(["--dry-run"], "--model", "absent.pkl")
      #expect(wrong.status == 65 && wrong.errors.contains("--pilot 0"), "\(wrong.errors)")
    }
  }

  @Test("without Slurm the error says so and names the script; impossible options are bad usage")
  func refused() throws {
    try with { split, launch in
      for name in ["sbatch", "squeue"] { try FileManager.default.removeItem(atPath: split.path("bin/\(name)")) }
      // No other folder, so that the system's own Slurm is not found.
      let before = ProcessInfo.processInfo.environment["PATH"] ?? ""
      setenv("PATH", split.path("bin"), 1)
      defer { setenv("PATH", before, 1) }
      let ending = try launch(["--shards", "2"])
      #expect(ending.status == 64)
      #expect(ending.errors.contains("job.sh"))
      #expect(FileManager.default.fileExists(atPath: split.path("job.sh")))
    }
    for line in [
      "launch slurm", "launch slurm -- predict", "launch slurm -- certify",
      "launch slurm --shards 0 -- certify --out d", "launch slurm --pilot -1 -- certify --out d",
      "launch slurm --at-once 0 -- certify --out d",
    ] {
      #expect(try Program.run(line).status == 64, "\(line)")
    }
  }
}
