import Basics
import Certification
import Runs
import Testing

@Suite struct VoteExecutorTests {
  static func requests(_ count: Int) -> [VoteRequest] {
    (0..<count).map {
      VoteRequest(pixels: [0.4, 0, 0, 0], key: VoteKey(seed: 2, image: 1, vote: UInt32($0), purpose: .estimation))
    }
  }

  @Test("Votes return in the order of the requests", arguments: [0, 1, 2, 7, 100])
  func order(count: Int) async throws {
    let base = ToyClassifier()
    let worker = try VoteWorker(base: base, sigma: PixelNoise(0.25))
    let expected = try worker.votes(Self.requests(count))
    for (threads, batch) in [(1, 1), (2, 3), (4, 64)] {
      let executor = try VoteExecutor(base: base, sigma: PixelNoise(0.25), threads: threads, batch: batch)
      #expect(try await executor.votes(Self.requests(count)) == expected)
    }
    if count == 100 { #expect(Set(expected.map(\.choice)).count > 1) }
  }

  @Test("A worker's error reaches the caller, and the executor works on")
  func error() async throws {
    let base = ToyClassifier(onVote: { if $0 == 10 { throw ToyFailure() } })
    let executor = try VoteExecutor(base: base, sigma: nil, threads: 2, batch: 2)
    await #expect(throws: ToyFailure.self) { _ = try await executor.votes(Self.requests(50)) }
    #expect(try await executor.votes(Self.requests(50)).count == 50)
  }

  @Test("Threads and batches are positive")
  func impossible() {
    for (threads, batch) in [(0, 1), (-1, 1), (1, 0)] {
      #expect(throws: UsageError.self) {
        try VoteExecutor(base: ToyClassifier(), sigma: nil, threads: threads, batch: batch)
      }
    }
  }
}
