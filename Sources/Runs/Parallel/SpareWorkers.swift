import Basics
import Certification
import Classifiers
import Diffusion
import Dispatch

/// The workers of a pool that have no votes to cast: they carry out evaluations of those that do.
///
/// An evaluation is a pure function of its query, so neither who carries it out nor how many take part changes a result.
struct SpareWorkers: EvaluationHelp {
  let pool: WorkerPool<VoteWorker>

  var spare: Int { pool.idleWorkers }

  func evaluate(_ parts: EvaluationParts, own: any DenoiserEvaluator) throws {
    let shared = SharedParts(parts)
    let helpers = pool.lend(parts.count - 1) { worker in
      shared.work { try worker.evaluate($0, of: $1) }
    }
    shared.work { try $1.evaluate($0, with: own) }
    try shared.wait(for: helpers)
  }
}

/// Parts that several take from.
private final class SharedParts: Sendable {
  private struct State {
    var next = 0
    /// Taken and not done.
    var outstanding = 0
    var failure: (any Error)?
    var isAwaited = false
  }

  private let parts: EvaluationParts
  private let state = Mutex(State())
  private let isDone = DispatchSemaphore(value: 0)

  init(_ parts: EvaluationParts) { self.parts = parts }

  /// Takes parts until none is left or one has failed.
  func work(_ evaluate: (Int, EvaluationParts) throws -> Void) {
    while let part = take() {
      do {
        try evaluate(part, parts)
        finish(nil)
      } catch {
        finish(error)
      }
    }
  }

  /// Waits until nobody is at a part: the memory behind them is the caller's.
  ///
  /// - Throws: what a part failed with.
  func wait(for helpers: [Task<Void, any Error>]) throws {
    let mustWait = state.withLock { state in
      state.isAwaited = state.outstanding > 0
      return state.isAwaited
    }
    if mustWait {
      // The helpers' tasks are not the caller's children: they hear of its cancellation from here.
      while isDone.wait(timeout: .now() + .milliseconds(20)) == .timedOut {
        if Task.isCancelled || state.withLock({ $0.failure != nil }) { for helper in helpers { helper.cancel() } }
      }
    }
    if let failure = state.withLock({ $0.failure }) { throw failure }
  }

  private func take() -> Int? {
    state.withLock { state in
      guard state.failure == nil, state.next < parts.count else { return nil }
      defer { state.next += 1 }
      state.outstanding += 1
      return state.next
    }
  }

  private func finish(_ error: (any Error)?) {
    let isLast = state.withLock { state in
      state.failure = state.failure ?? error
      state.outstanding -= 1
      return state.isAwaited && state.outstanding == 0
    }
    if isLast { isDone.signal() }
  }
}
