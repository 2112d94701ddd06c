import Basics
import Dispatch
import Runs
import Testing

@Suite struct LeavingInTimeTests {
  @Test("A cancelled task leaves a worker that cannot stop, and the worker can be had again")
  func leaves() async throws {
    let release = DispatchSemaphore(value: 0)
    let isAsked = Guarded(false)
    // Nothing but the semaphore lets it go on: a kernel in the middle of its work.
    let base = ToyClassifier(onVote: { before in
      guard before == 0 else { return }
      isAsked.withLock { $0 = true }
      release.wait()
    })
    let executor = try VoteExecutor(base: base, sigma: nil, threads: 2, batch: 4)
    let task = Task { try await executor.votes(VoteExecutorTests.requests(1)) }
    while !isAsked.withLock({ $0 }) { try await Task.sleep(for: .milliseconds(1)) }
    task.cancel()
    await #expect(throws: CancellationError.self) { _ = try await task.value }
    release.signal()
    #expect(try await executor.votes(VoteExecutorTests.requests(50)).count == 50)
  }

  @Test("What ends in time is handed over, errors too, also where the task is cancelled")
  func ends() async throws {
    #expect(try await leavingInTime { 3 } == 3)
    await #expect(throws: ToyFailure.self) { _ = try await leavingInTime { throw ToyFailure() } }
    let task = Task {
      while !Task.isCancelled { await Task.yield() }
      // However busy the machine is.
      return try await leavingInTime(within: 600) { 3 }
    }
    task.cancel()
    #expect(try await task.value == 3)
  }
}
