import Basics
import Certification
import Runs
import Testing

@Suite struct InOrderTests {
  @Test("Results are handed over in order whatever order they finish in", arguments: [1, 2, 5, 100])
  func order(window: Int) async throws {
    let underWay = Mutex((now: 0, most: 0))
    var delivered: [Int] = []
    try await inOrder(40, window: window) { index in
      underWay.withLock { $0 = ($0.now + 1, max($0.most, $0.now + 1)) }
      // Later ones finish first.
      for _ in 0..<(40 - index) { await Task.yield() }
      underWay.withLock { $0.now -= 1 }
      return 3 * index
    } deliver: { index, value in
      #expect(value == 3 * index)
      delivered.append(index)
    }
    #expect(delivered == Array(0..<40))
    #expect(underWay.withLock { $0.most } <= window)
  }

  @Test("A failure keeps what was handed over before it, and nothing after")
  func failure() async throws {
    var delivered: [Int] = []
    await #expect(throws: ToyFailure.self) {
      try await inOrder(40, window: 1) { index in
        if index == 7 { throw ToyFailure() }
        return index
      } deliver: { index, _ in
        delivered.append(index)
      }
    }
    #expect(delivered == Array(0..<7))
  }

  @Test("The earliest image that waits gets the next free worker")
  func priority() async throws {
    let pool = WorkerPool(size: 1) { try VoteWorker(base: ToyClassifier(), sigma: nil) }
    final class Log: Sendable {
      let served = Mutex<[Int]>([])
    }
    let log = Log()
    try await withThrowingTaskGroup(of: Void.self) { group in
      // Holds the only worker until the four others wait for it.
      group.addTask { try await pool.withWorker(order: 0) { _ in pool.waitingTasks < 4 } }
      while pool.idleWorkers > 0 { await Task.yield() }
      for order in [5, 2, 9, 1] {
        group.addTask {
          try await pool.withWorker(order: order) { _ in
            log.served.withLock { $0.append(order) }
            return false
          }
        }
      }
      try await group.waitForAll()
    }
    #expect(log.served.withLock { $0 } == [1, 2, 5, 9])
  }

  @Test(
    "Batches cover everything once, shrink towards the end, and never exceed the limit",
    arguments: [(0, 8, 2), (1, 8, 2), (200, 8, 2), (10_000, 64, 3), (50, 4, 1)])
  func batches(count: Int, limit: Int, workers: Int) {
    var queue = BatchQueue(count: count, limit: limit, workers: workers)
    var batches: [Range<Int>] = []
    while let batch = queue.next() { batches.append(batch) }
    #expect(batches.flatMap(Array.init) == Array(0..<count))
    #expect(batches.allSatisfy { (1...limit).contains($0.count) })
    if workers > 1, let last = batches.last { #expect(last.count == 1) }
  }

  @Test(
    "Where fewer cost as much, batches are whole grains but for the last, as far as the limit allows",
    arguments: [(48, 8, 2, 8), (61, 8, 2, 8), (64, 32, 3, 8), (20, 3, 2, 8), (1, 8, 2, 8), (0, 8, 2, 8)])
  func grains(count: Int, limit: Int, workers: Int, grain: Int) {
    var queue = BatchQueue(count: count, limit: limit, workers: workers, grain: grain)
    var batches: [Range<Int>] = []
    while let batch = queue.next() { batches.append(batch) }
    #expect(batches.flatMap(Array.init) == Array(0..<count))
    #expect(batches.dropLast().allSatisfy { $0.count % min(grain, limit) == 0 && $0.count <= limit })
  }
}
