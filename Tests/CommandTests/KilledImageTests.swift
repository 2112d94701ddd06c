import Foundation
import Testing

/// SIGKILL in the middle of one image of a thousand votes, fifty times over. NDC_KILLS sets how many
/// (Scripts/kill-test.sh); 50 at most and by default.
@Suite("One image killed in its middle", .enabled(if: Program.isBuilt, Program.absent))
struct KilledImageTests {
  private static let kills = min(50, ProcessInfo.processInfo.environment["NDC_KILLS"].flatMap(Int.init) ?? 50)

  /// A line of the votes kept beside the records.
  private struct Line: Decodable {
    struct Chunk: Decodable {
      var purpose: String?
      var first: Int?
      var choices: [Int]?
    }
    var content: Chunk
  }

  /// Votes that are on the disk: complete lines.
  private static func lines(_ file: String) -> Data {
    let data = FileManager.default.contents(atPath: file) ?? Data()
    return data.prefix((data.lastIndex(of: UInt8(ascii: "\n")) ?? -1) + 1)
  }

  /// The indices of votes, by purpose, as often as they are there.
  private static func votes(_ lines: Data) throws -> [String: [Int]] {
    try lines.split(separator: UInt8(ascii: "\n")).reduce(into: [:]) { votes, line in
      let chunk = try JSONDecoder().decode(Line.self, from: line).content
      guard let purpose = chunk.purpose, let first = chunk.first, let choices = chunk.choices else { return }
      votes[purpose, default: []] += first..<first + choices.count
    }
  }

  @Test("votes, bound and record are those of an undisturbed run, and no vote that was kept is cast again")
  func killed() throws {
    try TemporaryFolder.with { folder in
      var run = SmallRun(stop: .fixed, folder: folder, images: 1, votes: 1000)
      try run.prepare()
      // A vote takes some hundredths of a second, so that a chunk holds a few.
      let slow = ["--timesteps", "60", "--threads", "2"]
      let quiet = try Program(run.arguments + slow)
      run.place = folder.appendingPathComponent("hunted")
      let file = run.files.folder.file(".ndc-votes-0")

      var kept = Data()
      var chunks: [Int] = []
      for number in 1...Self.kills {
        let program = try Program(run.arguments + slow + ["--resume"])
        // At least one chunk more than before, and then at any moment.
        while Self.lines(file).count <= kept.count, program.isRunning { usleep(2000) }
        usleep(.random(in: 0..<100_000))
        program.send(SIGKILL)
        let ending = try program.wait()
        try #require(ending.status == nil, "life \(number) came to its end: \(ending.errors)")
        let now = Self.lines(file)
        #expect(now.starts(with: kept), "what was kept is still there")
        let (before, after) = try (Self.votes(kept), Self.votes(now))
        chunks.append(after.values.reduce(0) { $0 + $1.count } - before.values.reduce(0) { $0 + $1.count })
        for (purpose, indices) in after {
          #expect(Set(indices).count == indices.count, "votes of \(purpose) were cast though they were kept")
        }
        kept = now
      }
      let last = try run.finish(slow)
      #expect(last.status == 0, "\(last.errors)")
      #expect(!FileManager.default.fileExists(atPath: file))
      let undisturbed = try quiet.wait()
      #expect(undisturbed.status == 0, "\(undisturbed.errors)")
      run.place = nil
      let expected = try run.files.timelessResults()
      run.place = folder.appendingPathComponent("hunted")
      #expect(try run.files.timelessResults() == expected)
      #expect(try run.files.records()[0].samples == 1000)
      let verified = try run.verify("--redraw", "0")
      #expect(verified.status == 0, "\(verified.output)")
      print("\(Self.kills) kills of one image: \(chunks.min() ?? 0) to \(chunks.max() ?? 0) votes kept of a life")
    }
  }
}
