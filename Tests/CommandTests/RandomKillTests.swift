import Foundation
import Testing

/// SIGKILL at moments nobody chose. NDC_KILLS sets how many (Scripts/kill-test.sh); 30 otherwise.
@Suite("Killed at random", .enabled(if: Program.isBuilt, Program.absent))
struct RandomKillTests {
  private static let kills = ProcessInfo.processInfo.environment["NDC_KILLS"].flatMap(Int.init) ?? 30

  @Test("every killed and resumed run equals the undisturbed one, and verifies", arguments: SmallRun.Stop.allCases)
  func killed(stop: SmallRun.Stop) throws {
    try TemporaryFolder.with { folder in
      let quiet = SmallRun(stop: stop, folder: folder.appendingPathComponent("quiet"), images: 8, votes: 150)
      try FileManager.default.createDirectory(at: quiet.folder, withIntermediateDirectories: true)
      try quiet.prepare()
      let clock = ContinuousClock()
      let start = clock.now
      #expect(try quiet.finish().status == 0)
      let duration = (clock.now - start) / .seconds(1)
      let undisturbed = try quiet.files.timeless().filter { !$0.contains("\"source\"") && !$0.contains(folder.path) }

      var (kills, runs, torn) = (0, 0, 0)
      var run = quiet
      run.place = folder.appendingPathComponent("hunted")
      while kills < (Self.kills + 1) / 2 {
        try? FileManager.default.removeItem(atPath: run.path)
        var isFinished = false
        // At most so many deaths a run: starting takes a part of every life.
        for _ in 0..<12 where !isFinished && kills < (Self.kills + 1) / 2 {
          let before = run.files.finishedImages
          let program = try Program(run.arguments + ["--resume"])
          usleep(UInt32(Double.random(in: 0...duration) * 1e6))
          program.send(SIGKILL)
          let ending = try program.wait()
          if ending.status == nil { kills += 1 }
          isFinished = ending.status == 0
          #expect(ending.status == nil || ending.status == 0, "\(ending.errors)")
          #expect(run.files.finishedImages >= before, "a finished record was lost")
          if let data = FileManager.default.contents(atPath: run.files.folder.file("records.jsonl")),
            let last = data.last, last != UInt8(ascii: "\n")
          {
            torn += 1
          }
        }
        let last = try run.finish()
        #expect(last.status == 0, "\(last.errors)")
        runs += 1
        let left = try run.files.timeless().filter { !$0.contains("\"source\"") && !$0.contains(folder.path) }
        #expect(left == undisturbed)
        let verified = try run.verify("--redraw", "0")
        #expect(verified.status == 0, "\(verified.output)")
        let rubbish = try FileManager.default.contentsOfDirectory(atPath: run.path)
        #expect(Set(rubbish).isSuperset(of: ["run.json", "records.jsonl", "certified.tsv", "summary.json"]))
      }
      print("\(stop): \(kills) kills over \(runs) runs, \(torn) torn lines, no difference")
    }
  }
}
