import Basics
import Foundation

/// A thread that runs the tasks given to it one after the other; they may wait for as long as they like.
///
/// Swift's cooperative threads are as many as the cores, and one that waits is missing everywhere else. A task executor
/// rather than a bare thread: what runs here stays part of its task, whose cancellation it sees.
final class WorkerThread: TaskExecutor {
  /// As the main thread's; a thread's default may be a fraction of it.
  static let stackSize = 8 << 20

  private struct State {
    var isStarted = false
    /// nil ends the thread.
    var jobs: [UnownedJob?] = []
  }

  private let state = Mutex(State())
  private let available = DispatchSemaphore(value: 0)

  /// Starts the thread unless it runs already.
  ///
  /// - Throws: `InputError` where the system gives no thread.
  func start() throws {
    try state.withLock { state in
      guard !state.isStarted else { return }
      try MemoryBudget.require(Self.stackSize, for: "a worker")
      let status = BareThread.start(stackSize: Self.stackSize) { [self] in run() }
      guard status == 0 else {
        throw InputError("cannot start a worker's thread: \(String(cString: strerror(status)))")
      }
      state.isStarted = true
    }
  }

  /// Ends the thread when what it was given is done.
  func stop() { append(nil) }

  func enqueue(_ job: consuming ExecutorJob) { append(UnownedJob(job)) }

  private func append(_ job: UnownedJob?) {
    state.withLock { $0.jobs.append(job) }
    available.signal()
  }

  private func run() {
    while true {
      available.wait()
      guard let job = state.withLock({ $0.jobs.removeFirst() }) else { return }
      job.runSynchronously(on: asUnownedTaskExecutor())
    }
  }
}
