import Basics
import Certification
import Foundation
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

  @Test("The votes of an earlier image come first, whichever image was begun first", arguments: [[1, 0], [0, 1]])
  func earlierImageFirst(begun: [Int]) async throws {
    final class Log: Sendable {
      let orders = Mutex<[Int]>([])
      let executor = Mutex<VoteExecutor?>(nil)
    }
    let log = Log()
    // The second batch waits on the worker's own thread until the other image has asked for it, however busy the
    // machine is; for a minute at most.
    let base = ToyClassifier(onVote: { cast in
      var patience = 60_000
      while cast == 2, patience > 0, log.executor.withLock({ $0?.waitingTasks ?? 0 }) == 0 {
        usleep(1000)
        patience -= 1
      }
    })
    let executor = try VoteExecutor(base: base, sigma: nil, threads: 1, batch: 2)
    log.executor.withLock { $0 = executor }
    try await withThrowingTaskGroup(of: Void.self) { group in
      for order in begun {
        group.addTask {
          _ = try await executor.votes(Self.requests(60), order: order) { _ in
            log.orders.withLock { $0.append(order) }
          }
        }
        // The image begun first is under way before the other begins.
        while log.orders.withLock({ $0.isEmpty }) { try await Task.sleep(for: .milliseconds(1)) }
      }
      try await group.waitForAll()
    }
    let orders = log.orders.withLock { $0 }
    #expect(orders.count == 60)
    let first = try #require(orders.firstIndex(of: 0))
    let last = try #require(orders.lastIndex(of: 0))
    #expect(orders[first...last].allSatisfy { $0 == 0 }, "the earlier image was interrupted: \(orders)")
    // The later image gave way at once, not when it was done.
    #expect(first <= 2)
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
