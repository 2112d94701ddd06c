import Foundation
import Testing

@Suite("Interrupted runs", .enabled(if: Program.isBuilt, Program.absent))
struct InterruptionTests {
  private static func arguments(images: Int) -> [String] {
    [
      "certify", "--timesteps", "3", "--selection-samples", "1", "--samples", "2", "--sigma", "0.5", "--count",
      "\(images)", "--out", "run", "--resume",
    ]
  }

  /// Waits until the run has finished at least so many images; false when it ended before.
  private func wait(_ program: Program, _ run: RunFiles, images: Int) -> Bool {
    while run.finishedImages < images {
      guard program.isRunning else { return false }
      usleep(2000)
    }
    return program.isRunning
  }

  @Test("a run killed ten times and resumed equals an undisturbed one in everything but times")
  func killed() throws {
    let arguments = Self.arguments(images: 24)
    try TemporaryFolder.with { folder in
      let (quiet, hunted) = (folder.appendingPathComponent("quiet"), folder.appendingPathComponent("hunted"))
      for place in [quiet, hunted] {
        try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
      }
      let run = RunFiles(folder: hunted.appendingPathComponent("run"))
      for number in 1...10 {
        let program = try Program(arguments, in: hunted)
        let running = wait(program, run, images: number)
        // Death comes at another point of the next image's work each time.
        usleep(useconds_t(number % 5) * 7000)
        program.send(SIGKILL)
        let ending = try program.wait()
        try #require(running && ending.status == nil, "the run must be killed, not finished: \(ending.errors)")
        #expect(run.finishedImages >= number)
      }
      let last = try Program.run(arguments, in: hunted)
      #expect(last.status == 0, "\(last.errors)")
      #expect(last.errors.contains("resuming after"))
      let undisturbed = try Program.run(arguments, in: quiet)
      #expect(undisturbed.status == 0, "\(undisturbed.errors)")

      #expect(try run.records().map(\.index) == Array(0..<24))
      #expect(try run.timeless() == RunFiles(folder: quiet.appendingPathComponent("run")).timeless())
    }
  }

  @Test("an interrupted run ends with 130 and keeps what it has", arguments: [SIGINT, SIGTERM])
  func interrupted(_ signal: Int32) throws {
    try TemporaryFolder.with { folder in
      let run = RunFiles(folder: folder.appendingPathComponent("run"))
      let program = try Program(Self.arguments(images: 400), in: folder)
      let running = wait(program, run, images: 2)
      program.send(signal)
      let ending = try program.wait()
      try #require(running, "\(ending.errors)")
      #expect(ending.status == 130)
      #expect(ending.errors.contains("--resume"))
      let records = try run.records()
      #expect(records.count >= 2)
      #expect(records.map(\.index) == Array(0..<records.count))
      #expect(try run.lines("certified.tsv").count == records.count + 1)
    }
  }
}
