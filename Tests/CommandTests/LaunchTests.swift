import Foundation
import Testing

/// `ndc launch slurm` with an `sbatch` that writes down what it is given.
@Suite("Launching on Slurm", .serialized, .enabled(if: Program.isBuilt, Program.absent))
struct LaunchTests {
  /// Calls `body` with the split and a way to launch it; what was submitted stands in `submitted`.
  private func with(_ body: (ShardTests.Split, _ launch: ([String]) throws -> Program.Ending) throws -> Void) throws {
    try ShardTests.with(finished: false) { split in
      let bin = split.folder.appendingPathComponent("bin")
      try FileManager.default.createDirectory(at: bin, withIntermediateDirectories: true)
      let script =
        "#!/bin/sh\necho \"$@\" >> '\(split.path("submitted"))'\necho $((40 + $(wc -l < '\(split.path("submitted"))')))\n"
      try Data(script.utf8).write(to: bin.appendingPathComponent("sbatch"))
      try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: bin.file("sbatch"))
      let before = ProcessInfo.processInfo.environment["PATH"] ?? ""
      setenv("PATH", "\(bin.path):\(before)", 1)
      defer { setenv("PATH", before, 1) }
      var arguments = split.whole.arguments
      if let place = arguments.firstIndex(of: "--out") { arguments[place + 1] = split.folder.path }
      try body(split) { try Program.run(["launch", "slurm"] + $0 + ["--"] + arguments, in: split.folder) }
    }
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
      var whole = split.whole
      whole.place = split.folder.appendingPathComponent("single")
      try whole.finish()
      #expect(try split.merged.timelessResults() == whole.files.timelessResults())
    }
  }

  @Test("without Slurm the error says so and names the script; impossible options are bad usage")
  func refused() throws {
    try with { split, launch in
      try FileManager.default.removeItem(atPath: split.path("bin/sbatch"))
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
      "launch slurm --shards 0 -- certify --out d",
    ] {
      #expect(try Program.run(line).status == 64, "\(line)")
    }
  }
}
