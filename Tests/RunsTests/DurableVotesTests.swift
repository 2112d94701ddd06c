import Basics
import Certification
import Datasets
import Foundation
import Records
import Runs
import Testing

@Suite("Votes of an image under way")
struct DurableVotesTests {
  private struct Killed: Error {}

  /// One image of a thousand votes, every batch of them written at once.
  private static func run(_ toy: ToyRun, into folder: String) async throws {
    var run = CertificationRun(
      executor: try toy.executor(), sigma: PixelNoise(toy.sigma), rule: toy.rule, seed: toy.seed, images: toy.images)
    run.voteInterval = .zero
    _ = try await run(into: toy.directory(folder, resume: true))
  }

  private static func file(_ folder: String) -> String { RunDirectory.votesFile(folder, image: 3) }

  @Test(
    "an image of a thousand votes interrupted fifty times has the record of an undisturbed one, and casts a batch again at most",
    arguments: [[], [0.25]], [1, 3])
  func interrupted(_ targets: [Double], threads: Int) async throws {
    var toy = ToyRun()
    toy.samples = 1000
    toy.targets = targets
    toy.threads = threads
    toy.selection = ImageSelection(first: 3, count: 1)
    let undisturbed = try await toy.records()
    try await TemporaryFolder.with { folder in
      let path = folder + "/run"
      var total = 0
      for _ in 0..<50 {
        toy.classifier = ToyClassifier(onVote: { if $0 >= 16 { throw Killed() } })
        do {
          try await Self.run(toy, into: path)
          // An image that takes as many votes as it needs may need fewer.
          #expect(!targets.isEmpty)
          break
        } catch is Killed {}
        // What each worker was at is cast again, nothing else.
        let votes = toy.classifier.votesCast.withLock { $0 }
        total += votes - threads * toy.batch
        #expect(FileManager.default.fileExists(atPath: Self.file(path)))
      }
      toy.classifier = ToyClassifier()
      try await Self.run(toy, into: path)
      total += toy.classifier.votesCast.withLock { $0 }
      #expect(total <= 1010 + 50 * threads, "\(total) votes were cast")
      #expect(!FileManager.default.fileExists(atPath: Self.file(path)))
      #expect(try ToyRun.timeless(toy.directory(path, resume: true).records) == undisturbed)
    }
  }

  /// Leaves some votes, and hands over their file's lines and the run.
  private func left(_ body: (ToyRun, String, [String]) async throws -> Void) async throws {
    var toy = ToyRun()
    toy.samples = 100
    toy.selection = ImageSelection(first: 3, count: 1)
    toy.classifier = ToyClassifier(onVote: { if $0 >= 40 { throw Killed() } })
    try await TemporaryFolder.with { folder in
      let path = folder + "/run"
      await #expect(throws: Killed.self) { try await Self.run(toy, into: path) }
      toy.classifier = ToyClassifier()
      let lines = try TemporaryFolder.text(Self.file(path)).split(separator: "\n").map(String.init)
      try #require(lines.count > 4)
      try await body(toy, path, lines)
    }
  }

  @Test("a torn last line is dropped")
  func torn() async throws {
    try await left { toy, path, lines in
      try TemporaryFolder.write(
        lines.dropLast().joined(separator: "\n") + "\n" + lines[lines.count - 1].dropLast(9), to: Self.file(path))
      try await Self.run(toy, into: path)
      #expect(try await ToyRun.timeless(toy.directory(path, resume: true).records) == toy.records())
    }
  }

  @Test("changed votes, a line left out, and votes of another picture are refused")
  func changed() async throws {
    try await left { toy, path, lines in
      func refused(_ edited: [String], _ problem: String) async throws {
        try TemporaryFolder.write(edited.joined(separator: "\n") + "\n", to: Self.file(path))
        let said = await message(of: InputError.self) { try await Self.run(toy, into: path) }
        #expect(said?.contains(problem) ?? false, "\(said ?? "nothing")")
      }
      var edited = lines
      edited[2] = edited[2].replacing("\"evaluations\":[5", with: "\"evaluations\":[6")
      try await refused(edited, "the votes were changed")
      edited = lines
      edited.remove(at: 2)
      try await refused(edited, "the votes were changed")
    }
    try await left { toy, path, _ in
      var other = toy
      other.images = { LabeledImage(index: $0, pixels: [0.5, 0.5, 0.5, 0.5], label: 0) }
      let said = await message(of: InputError.self) { try await Self.run(other, into: path) }
      #expect(said?.contains("another picture") ?? false, "\(said ?? "nothing")")
    }
  }

  @Test("a file left behind of a finished image is removed")
  func leftBehind() async throws {
    try await left { toy, path, lines in
      try await Self.run(toy, into: path)
      try TemporaryFolder.write(lines.joined(separator: "\n") + "\n", to: Self.file(path))
      _ = try toy.directory(path, resume: true)
      #expect(!FileManager.default.fileExists(atPath: Self.file(path)))
    }
  }
}
