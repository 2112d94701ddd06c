import Basics
import Runs
import Testing

@Suite struct RunProgressTests {
  /// What a run of eight images writes when every look at the clock is `step` seconds after the one before.
  static func output(_ style: RunProgress.Style, step: Double) async throws -> String {
    final class Log: Sendable {
      let text = Mutex("")
      let looks = Mutex(0)
    }
    let log = Log()
    let progress = RunProgress(
      style,
      seconds: {
        log.looks.withLock {
          $0 += 1
          return Double($0) * step
        }
      }, write: { text in log.text.withLock { $0 += text } })
    try await TemporaryFolder.with { folder in
      let run = ToyRun()
      _ = try await run.run(into: try run.directory(folder + "/run"), progress: progress)
    }
    return log.text.withLock { $0 }
  }

  @Test("The bar moves within an image, never exceeds the terminal, and ends full", arguments: [40, 80, 200])
  func bar(width: Int) async throws {
    let bars = try await Self.output(.bar(width: width), step: 1).split(separator: "\r\u{1B}[K")
    #expect(bars.count > 8 * 4)
    #expect(bars.allSatisfy { $0.count <= width + 1 })
    let last = try #require(bars.last)
    #expect(last.contains("100 %  8/8 images") && last.hasSuffix("\n"))
    if width >= 80 {
      #expect(bars.contains { $0.contains("[#") && $0.contains(" left") && $0.contains(" 0/8 images") })
    }
  }

  @Test("Elsewhere there is a line now and then")
  func lines() async throws {
    let lines = try await Self.output(.lines, step: 1).split(separator: "\n")
    #expect((5...12).contains(lines.count))
    #expect(lines.allSatisfy { $0.contains("evaluations/s") && !$0.contains("\u{1B}") })
    // A run of two seconds needs no line at all.
    #expect(try await Self.output(.lines, step: 0.01).isEmpty)
  }

  @Test(
    "A clock that runs backwards, stands still or leaps changes no more than what is shown", arguments: [-1, 0, 1e300])
  func jumps(step: Double) async throws {
    #expect(try await Self.output(.lines, step: step).allSatisfy { $0 != "\u{1B}" })
    let bars = try await Self.output(.bar(width: 80), step: step)
    #expect(bars.contains("8/8 images") && bars.hasSuffix("\n"))
  }

  @Test("Silence is silent")
  func silent() async throws {
    #expect(try await Self.output(.silent, step: 10).isEmpty)
  }
}
