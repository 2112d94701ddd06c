import Basics

/// A fixed number of workers, each lent to one task at a time; the earliest image that waits is served first.
///
/// A task waits for a worker by suspending, and while it holds one it never waits for anything: the cooperative threads
/// are only ever busy computing. A mutex rather than an actor: giving a worker back must not suspend.
package final class WorkerPool<Worker>: Sendable {
  /// A worker's place; the worker itself is made by its first user, on that user's thread.
  ///
  /// Unchecked: the pool lends a seat to one task at a time, and the mutex orders one loan after the other.
  fileprivate final class Seat: @unchecked Sendable {
    fileprivate var worker: Worker?
  }

  private struct Waiter {
    var order: Int
    var continuation: CheckedContinuation<Seat, Never>
  }

  private struct State {
    var idle: [Seat]
    /// Sorted by order, first come first served within one.
    var waiting: [Waiter] = []
  }

  let size: Int
  private let makeWorker: @Sendable () throws -> Worker
  private let state: Mutex<State>

  package init(size: Int, makeWorker: @escaping @Sendable () throws -> Worker) {
    precondition(size > 0, "a pool needs a worker")
    self.size = size
    self.makeWorker = makeWorker
    state = Mutex(State(idle: (0..<size).map { _ in Seat() }))
  }

  /// Runs `step` with a worker, as soon as one is free, until it returns false; tasks of a lower `order` come first.
  ///
  /// The worker is kept from step to step unless an earlier image waits for one: given back, it would go to whoever
  /// waits, a later image too.
  package func withWorker(order: Int, _ step: (Worker) throws -> Bool) async throws {
    var hasMore = true
    while hasMore {
      let seat = await acquire(order: order)
      defer { release(seat) }
      repeat {
        try Task.checkCancellation()
        hasMore = try step(try worker(of: seat))
        // Computing occupies the cooperative threads; without this an earlier image's tasks could not even queue.
        await Task.yield()
      } while hasMore && !isWanted(before: order)
    }
  }

  /// Makes every worker now rather than at its first use.
  package func prepare() throws {
    for seat in state.withLock({ $0.idle }) { _ = try worker(of: seat) }
  }

  private func worker(of seat: Seat) throws -> Worker {
    if let worker = seat.worker { return worker }
    let worker = try makeWorker()
    seat.worker = worker
    return worker
  }

  /// Workers that nobody holds.
  package var idleWorkers: Int { state.withLock { $0.idle.count } }
  package var waitingTasks: Int { state.withLock { $0.waiting.count } }

  /// Whether a task of a lower order waits for a worker.
  private func isWanted(before order: Int) -> Bool {
    state.withLock { state in state.waiting.first.map { $0.order < order } ?? false }
  }

  private func acquire(order: Int) async -> Seat {
    await withCheckedContinuation { continuation in
      let seat = state.withLock { state -> Seat? in
        if let seat = state.idle.popLast() { return seat }
        let place = state.waiting.firstIndex { $0.order > order } ?? state.waiting.endIndex
        state.waiting.insert(Waiter(order: order, continuation: continuation), at: place)
        return nil
      }
      if let seat { continuation.resume(returning: seat) }
    }
  }

  private func release(_ seat: Seat) {
    let next = state.withLock { state -> Waiter? in
      if !state.waiting.isEmpty { return state.waiting.removeFirst() }
      state.idle.append(seat)
      return nil
    }
    next?.continuation.resume(returning: seat)
  }
}
