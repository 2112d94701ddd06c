import Foundation
import Testing

/// A clock that jumps: no vote, no order and no resume depends on what time it is.
@Suite("Clocks that jump", .enabled(if: Program.isBuilt, Program.absent))
struct ClockTests {
  @Test("a run begun in the future or long ago, or whose files are dated so, is continued to the same records")
  func dates() throws {
    try SmallRun.with(.anytime) { run in
      let before = try run.files.timeless()
      for (created, modified) in [
        ("2099-12-31T23:59:59Z", Date(timeIntervalSince1970: 4e9)), ("1970-01-01T00:00:00Z", Date.distantPast),
      ] {
        try run.edit("run.json") { lines in
          lines = lines.map {
            $0.replacingOccurrences(
              of: #""created" : "[^"]*""#, with: "\"created\" : \"\(created)\"", options: .regularExpression)
          }
        }
        try run.edit("records.jsonl") { $0.removeLast(3) }
        for name in try FileManager.default.contentsOfDirectory(atPath: run.path) {
          try FileManager.default.setAttributes(
            [.modificationDate: modified], ofItemAtPath: run.files.folder.file(name))
        }
        let ending = try run.finish()
        #expect(ending.status == 0, "\(ending.errors)")
        #expect(try run.files.timeless() == before)
        #expect(try run.files.text("run.json").contains(created), "a run keeps the time it was begun at")
        let verified = try run.verify("--redraw", "all")
        #expect(verified.status == 0, "\(verified.output)")
      }
    }
  }

  @Test("a process that sleeps in the middle of an image goes on as if nothing had been")
  func suspended() throws {
    try TemporaryFolder.with { folder in
      let quiet = SmallRun(stop: .fixed, folder: folder, votes: 300)
      try quiet.prepare()
      #expect(try quiet.finish().status == 0)
      let undisturbed = try quiet.files.timelessResults()
      var run = quiet
      run.place = folder.appendingPathComponent("suspended")
      let program = try Program(run.arguments)
      while program.isRunning, run.files.finishedImages < 2 { usleep(500) }
      program.send(SIGSTOP)
      sleep(1)
      #expect(program.isRunning)
      program.send(SIGCONT)
      let ending = try program.wait()
      #expect(ending.status == 0, "\(ending.errors)")
      #expect(try run.files.timelessResults() == undisturbed)
    }
  }
}
