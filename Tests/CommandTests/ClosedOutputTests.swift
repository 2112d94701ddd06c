import Foundation
import NumPyFiles
import TestSupport
import Testing

/// Whoever reads stdout or stderr may go away, and a disk behind it may be full.
@Suite("Standard streams that take no more", .enabled(if: Program.isBuilt, Program.absent))
struct ClosedOutputTests {
  /// The end to write to of a pipe that nobody reads.
  private static func brokenPipe() throws -> FileHandle {
    var ends: [Int32] = [0, 0]
    try #require(pipe(&ends) == 0)
    close(ends[0])
    return FileHandle(fileDescriptor: ends[1], closeOnDealloc: true)
  }

  @Test(
    "a run whose reader is gone keeps all its records and ends as by SIGPIPE, in silence", arguments: [false, true])
  func certify(json: Bool) throws {
    try TemporaryFolder.with { folder in
      let run = SmallRun(stop: .fixed, folder: folder)
      try run.prepare()
      let ending = try Program(run.arguments + (json ? ["--json"] : []), output: Self.brokenPipe()).wait()
      #expect(ending.status == nil)
      #expect(!ending.errors.contains("rror"), "\(ending.errors)")
      #expect(try run.files.records().count == run.images)
      #expect(try run.verify().status == 0)
    }
  }

  @Test("a run that nobody hears at all is finished and verifies")
  func silent() throws {
    try TemporaryFolder.with { folder in
      let run = SmallRun(stop: .fixed, folder: folder)
      try run.prepare()
      let ending = try Program(run.arguments, output: Self.brokenPipe(), errors: Self.brokenPipe()).wait()
      #expect(ending.status == nil)
      #expect(try run.verify().status == 0)
      // Notices alone that nobody reads are no reason to end otherwise.
      let again = try Program(run.arguments + ["--resume"], errors: Self.brokenPipe()).wait()
      #expect(again.status == 0 && again.output.contains("run directory"))
    }
  }

  @Test("a closed stdout or stderr is no number for a run's own files", arguments: [">&-", "2>&-", "<&- >&- 2>&-"])
  func closed(streams: String) throws {
    try TemporaryFolder.with { folder in
      let run = SmallRun(stop: .fixed, folder: folder)
      try run.prepare()
      let program = try #require(Program.executable)
      let line = ["-c", "exec \"$0\" \"$@\" \(streams)", program.path] + run.arguments
      let shell = try ChildProcess(URL(fileURLWithPath: "/bin/sh"), line, in: folder)
      let ending = shell.wait(limit: 600)
      #expect(!ending.isSignal && ending.code == (streams.contains(">&- ") || streams == ">&-" ? 65 : 0))
      #expect(try run.files.records().count == run.images)
      #expect(try run.verify().status == 0)
    }
  }

  @Test("every command that prints ends so, and says so where a disk is full")
  func commands() throws {
    try SmallRun.with(.fixed) { run in
      let data = ["--data", "npy:\(run.folder.file("x.npy")),\(run.folder.file("y.npy"))"]
      try NumPyArray(shape: [1, 1, 8, 8], [Float](repeating: 0.5, count: 64)).write(to: run.folder.file("one.npy"))
      try NumPyArray(shape: [1], [Float(1)]).write(to: run.folder.file("s.npy"))
      let commands = [
        "radius --successes 99 --samples 100 --sigma 0.5", "radius --successes 9 --samples 100 --sigma 0.5 --json",
        "inspect MODEL", "inspect MODEL --json", "verify RUN --redraw 0", "verify RUN --redraw 0 --json",
        "compare RUN RUN", "compare RUN RUN --json", "report RUN --json",
        "convert MODEL out.safetensors", "denoise --model MODEL --x one.npy --sigma s.npy --out d.npy",
        "denoise --model MODEL --x one.npy --sigma s.npy --out d.npy --json",
        "classify --model MODEL DATA --timesteps 3 --count 2", "--experimental-dump-help",
      ]
      for command in commands {
        let words = command.split(separator: " ").flatMap { word in
          switch word {
          case "MODEL": [run.model]
          case "RUN": [run.path]
          case "DATA": data
          default: [String(word)]
          }
        }
        let ending = try Program(words, in: run.folder, output: Self.brokenPipe()).wait()
        // What the parser prints by itself is no result.
        if command.hasPrefix("-") {
          #expect(ending.errors.isEmpty, "\(ending.errors)")
          continue
        }
        #expect(ending.status == nil, "\(command): \(ending.errors)")
        #expect(!ending.errors.contains("atal"), "\(command): \(ending.errors)")
        guard let full = FileHandle(forWritingAtPath: "/dev/full") else { continue }
        let refused = try Program(words, in: run.folder, output: full).wait()
        #expect(refused.status == 65 && refused.errors.contains("standard output: cannot write"), "\(refused.errors)")
      }
      for name in ["out.safetensors", "d.npy"] {
        #expect(FileManager.default.fileExists(atPath: run.folder.file(name)), "\(name) is written all the same")
      }
      // The verdict is more than how the output ended.
      try run.edit("certified.tsv") { $0[1] += "0" }
      let failing = try Program(["verify", run.path, "--redraw", "0"], output: Self.brokenPipe()).wait()
      #expect(failing.status == 65, "\(failing.errors)")
    }
  }
}
