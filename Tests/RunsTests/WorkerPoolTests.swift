import Basics
import Foundation
import Runs
import Testing

@Suite struct WorkerPoolTests {
  /// A worker that remembers on which threads it was made and used.
  final class Witness {
    let made = pthread_self()
    var used: Set<pthread_t> = []
  }

  @Test("A worker is made on its thread and works on no other; its task goes on elsewhere")
  func threads() async throws {
    let pool = WorkerPool(size: 3) { Witness() }
    let seen = Guarded<[Set<pthread_t>]>([])
    try await withThrowingTaskGroup(of: Void.self) { group in
      for order in 0..<60 {
        group.addTask {
          var steps = 0
          try await pool.withWorker(order: order) { worker in
            worker.used.insert(pthread_self())
            seen.withLock { $0.append(worker.used.union([worker.made])) }
            usleep(100)
            steps += 1
            return steps < 3
          }
          let after = pthread_self()
          #expect(!seen.withLock { $0.contains { $0.contains(after) } })
        }
      }
      try await group.waitForAll()
    }
    let threads = seen.withLock { $0 }
    #expect(threads.count == 180 && threads.allSatisfy { $0.count == 1 })
    #expect((1...3).contains(Set(threads).count))
  }

  @Test("Every worker can be made beforehand, on its thread")
  func prepare() async throws {
    let makers = Guarded<Set<pthread_t>>([])
    let pool = WorkerPool(size: 4) { makers.withLock { _ = $0.insert(pthread_self()) } }
    try await pool.prepare()
    #expect(makers.withLock { $0.count } == 4)
    #expect(pool.idleWorkers == 4)
  }

  @Test("A worker that cannot be made is an error, and the pool can be asked again")
  func unmakeable() async throws {
    let isBroken = Guarded(true)
    let pool = WorkerPool(size: 2) { if isBroken.withLock({ $0 }) { throw ToyFailure() } }
    await #expect(throws: ToyFailure.self) { try await pool.prepare() }
    await #expect(throws: ToyFailure.self) { try await pool.withWorker(order: 0) { _ in false } }
    isBroken.withLock { $0 = false }
    try await pool.withWorker(order: 0) { _ in false }
    #expect(pool.idleWorkers == 2)
  }

  @Test("Workers that wait for a task do not keep it from running", .timeLimit(.minutes(1)))
  func blocking() async throws {
    // More than the cooperative threads, which are as many as the cores.
    let threads = ProcessInfo.processInfo.activeProcessorCount + 2
    let waiting = Guarded(0)
    let release = DispatchSemaphore(value: 0)
    let base = ToyClassifier(onVote: { _ in
      waiting.withLock { $0 += 1 }
      release.wait()
    })
    let executor = try VoteExecutor(base: base, sigma: nil, threads: threads, batch: 1)
    let count = 5 * threads
    // Another process's answers, as a task of this one: they come only when every worker waits for one.
    let answers = Task {
      for round in 1...5 {
        while waiting.withLock({ $0 }) < round * threads { try await Task.sleep(for: .milliseconds(1)) }
        for _ in 0..<threads { release.signal() }
      }
    }
    #expect(try await executor.votes(VoteExecutorTests.requests(count)).count == count)
    try await answers.value
    #expect(base.workersMade.withLock { $0 } == threads)
  }

  @Test("A task cancelled while it waits for a worker leaves at once; one that has a worker ends its step")
  func cancellation() async throws {
    let pool = WorkerPool(size: 1) {}
    let release = DispatchSemaphore(value: 0)
    let steps = Guarded(0)
    let holder = Task {
      try await pool.withWorker(order: 0) { _ in
        steps.withLock { $0 += 1 }
        release.wait()
        return true
      }
    }
    while steps.withLock({ $0 }) == 0 { await Task.yield() }
    let waiter = Task {
      try await pool.withWorker(order: 0) { _ in
        steps.withLock { $0 += 100 }; return false
      }
    }
    while pool.waitingTasks == 0 { await Task.yield() }
    waiter.cancel()
    await #expect(throws: CancellationError.self) { try await waiter.value }
    #expect(pool.waitingTasks == 0 && pool.idleWorkers == 0)

    holder.cancel()
    release.signal()
    await #expect(throws: CancellationError.self) { try await holder.value }
    #expect(steps.withLock { $0 } == 1)
    #expect(pool.idleWorkers == 1)

    let late = Task {
      while !Task.isCancelled { await Task.yield() }
      try await pool.withWorker(order: 0) { _ in false }
    }
    late.cancel()
    await #expect(throws: CancellationError.self) { try await late.value }
    try await pool.withWorker(order: 0) { _ in false }
  }

  @Test("A pool takes its threads with it")
  func end() async throws {
    func threads() throws -> Int { try FileManager.default.contentsOfDirectory(atPath: "/proc/self/task").count }
    let before = try threads()
    for _ in 0..<10 {
      let pool = WorkerPool(size: 20) {}
      try await pool.prepare()
    }
    // The last pool's threads may still be on their way; two hundred that stayed would not go away.
    for _ in 0..<1000 where try threads() > before + 60 { try await Task.sleep(for: .milliseconds(5)) }
    #expect(try threads() <= before + 60)
  }
}
