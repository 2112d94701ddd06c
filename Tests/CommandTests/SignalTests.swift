import Foundation
import NoisedDiffusionClassifiers
import Testing

/// Signals while something takes long.
@Suite("Signals", .enabled(if: Program.isBuilt, Program.absent))
struct SignalTests {
  /// A second, and what a machine busy with other things may add; a pass of the network takes ten and more.
  static let reaction = 4.0

  /// Runs `body` in a folder with a network whose every evaluation takes long.
  private func withLargeNetwork(_ body: (URL, (model: String, data: String)) throws -> Void) throws {
    try TemporaryFolder.with { folder in
      try body(folder, try LargeNetwork.full.write(to: folder, images: 2))
    }
  }

  /// Seconds from a signal to the end, and the end.
  private func stop(_ program: Program, _ signal: Int32) throws -> (seconds: Double, ending: Program.Ending) {
    let start = ContinuousClock.now
    program.send(signal)
    let ending = try program.wait()
    return (start.duration(to: .now) / .seconds(1), ending)
  }

  /// Waits until the program has computed for so many seconds beyond `start`; false where it ended before.
  private func wait(_ program: Program, computing seconds: Double, from start: Double = 0) -> Bool {
    while program.secondsComputed < start + seconds {
      guard program.isRunning else { return false }
      usleep(10_000)
    }
    return program.isRunning
  }

  @Test(
    "the first stops a run in the middle of an evaluation, whatever the threads",
    arguments: zip([[], ["--threads", "1"], ["--threads", "3"]], [SIGINT, SIGTERM, SIGINT]))
  func evaluation(threads: [String], signal: Int32) throws {
    try withLargeNetwork { folder, large in
      let program = try Program(
        [
          "certify", "--model", large.model, "--data", large.data, "--precision", "fp32", "--timesteps", "3",
          "--selection-samples", "1", "--samples", "2", "--count", "2", "--out", "run",
        ] + threads, in: folder)
      while program.isRunning, try !program.errorsSoFar.contains("run directory") { usleep(10_000) }
      // Making the workers takes next to nothing: they are in the middle of the first evaluation.
      let running = wait(program, computing: 1, from: program.secondsComputed)
      let (seconds, ending) = try stop(program, signal)
      try #require(running, "\(ending.errors)")
      #expect(ending.status == 130)
      #expect(seconds < Self.reaction, "\(ending.errors)")
      #expect(ending.errors.contains("--resume") && ending.errors.contains("interrupted after 0 of 2 images"))
      let run = RunFiles(folder: folder.appendingPathComponent("run"))
      #expect(try run.records().isEmpty)
      #expect(FileManager.default.fileExists(atPath: folder.appendingPathComponent("run/summary.json").path))
    }
  }

  @Test("the first ends at once what keeps nothing", arguments: ["inspect MODEL", "certify --model MODEL --data DATA"])
  func opening(command: String) throws {
    try withLargeNetwork { folder, large in
      let words = command.replacingOccurrences(of: "MODEL", with: large.model)
        .replacingOccurrences(of: "DATA", with: large.data)
      let program = try Program(words.split(separator: " ").map(String.init), in: folder)
      // Opening the model takes seconds.
      let running = wait(program, computing: 0.1)
      let (seconds, ending) = try stop(program, SIGINT)
      try #require(running, "\(ending.errors)")
      #expect(ending.status == 130)
      #expect(seconds < Self.reaction, "\(ending.errors)")
      #expect(ending.output.isEmpty && ending.errors.contains("interrupted"))
    }
  }

  @Test("the second ends at once, whatever the first is waiting for", arguments: [SIGINT, SIGTERM])
  func second(signal: Int32) throws {
    // A standard error that nobody reads: the program cannot even say that it stops.
    var ends: [Int32] = [0, 0]
    try #require(pipe(&ends) == 0)
    defer { for end in ends { close(end) } }
    _ = fcntl(ends[1], F_SETFL, O_NONBLOCK)
    var byte: UInt8 = 32
    while write(ends[1], &byte, 1) == 1 {}
    _ = fcntl(ends[1], F_SETFL, 0)
    try TemporaryFolder.with { folder in
      let program = try Program(
        ["certify", "--timesteps", "3", "--count", "400", "--out", "run"], in: folder,
        errors: FileHandle(fileDescriptor: ends[1], closeOnDealloc: false))
      // It has opened the model and waits to announce what it will do.
      while program.isRunning, !FileManager.default.fileExists(atPath: folder.path + "/run/run.json") { usleep(10_000) }
      program.send(signal)
      // Longer than what counts as one signal.
      usleep(300_000)
      let running = program.isRunning
      let (seconds, ending) = try stop(program, signal)
      try #require(running)
      #expect(ending.status == 128 + signal)
      #expect(seconds < Self.reaction)
    }
  }
}
