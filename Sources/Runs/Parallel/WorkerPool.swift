import Basics

/// A fixed number of workers, each with a thread of its own and lent to one task at a time; the earliest image that
/// waits is served first.
///
/// A worker is made on its thread and works on no other, so it may wait for whatever it likes, another process too: no
/// thread that someone else needs stands still. A mutex rather than an actor: giving a worker back must not suspend.
package final class WorkerPool<Worker>: Sendable {
  /// A worker's place; the worker itself is made by its first user.
  ///
  /// Unchecked: the worker is reached on the seat's thread alone.
  private final class Seat: @unchecked Sendable {
    let thread = WorkerThread()
    private var worker: Worker?

    func worker(_ make: () throws -> Worker) throws -> Worker {
      if let worker { return worker }
      let made = try make()
      worker = made
      return made
    }

    deinit { thread.stop() }
  }

  private struct Waiter {
    var order: Int
    var ticket: Int
    var continuation: CheckedContinuation<Seat, any Error>
  }

  private struct State {
    var idle: [Seat]
    /// Sorted by order, first come first served within one.
    var waiting: [Waiter] = []
    var ticketsGiven = 0
  }

  package let size: Int
  private let makeWorker: @Sendable () throws -> Worker
  private let state: Mutex<State>

  package init(size: Int, makeWorker: @escaping @Sendable () throws -> Worker) {
    precondition(size > 0, "a pool needs a worker")
    self.size = size
    self.makeWorker = makeWorker
    state = Mutex(State(idle: (0..<size).map { _ in Seat() }))
  }

  /// Runs `step` on a worker's thread, as soon as one is free, until it returns false; tasks of a lower `order` come
  /// first.
  ///
  /// The worker is kept from step to step unless an earlier image waits for one: given back, it would go to whoever
  /// waits, a later image too.
  /// - Throws: `CancellationError` when the task is cancelled, at once where it still waits for a worker and otherwise
  ///   after the step; whatever `step` and the worker's making throw.
  package func withWorker(order: Int, _ step: (Worker) throws -> Bool) async throws {
    var hasMore = true
    while hasMore {
      let seat = try await acquire(order: order)
      defer { release(seat) }
      try seat.thread.start()
      hasMore = try await withTaskExecutorPreference(seat.thread) {
        repeat {
          try Task.checkCancellation()
          guard try step(try seat.worker(makeWorker)) else { return false }
        } while !isWanted(before: order)
        return true
      }
    }
  }

  /// Makes every worker that is not in use now rather than at its first use.
  package func prepare() async throws {
    let seats = state.withLock { state in
      defer { state.idle = [] }
      return state.idle
    }
    defer { for seat in seats { release(seat) } }
    try await withThrowingTaskGroup(of: Void.self) { group in
      for seat in seats {
        try seat.thread.start()
        group.addTask(executorPreference: seat.thread) { _ = try seat.worker(self.makeWorker) }
      }
      try await group.waitForAll()
    }
  }

  /// Runs `work` on up to `most` workers that nobody holds, on their threads; each goes back when it is done.
  ///
  /// Nobody waits for a worker that is lent: what it is lent for should be short.
  func lend(_ most: Int, _ work: @escaping @Sendable (Worker) throws -> Void) -> [Task<Void, any Error>] {
    let seats = state.withLock { state in
      let seats = Array(state.idle.suffix(most))
      state.idle.removeLast(seats.count)
      return seats
    }
    return seats.compactMap { seat in
      do {
        try seat.thread.start()
      } catch {
        // Without a thread there is no help, and none is owed.
        release(seat)
        return nil
      }
      return Task(executorPreference: seat.thread) {
        defer { self.release(seat) }
        try work(try seat.worker(self.makeWorker))
      }
    }
  }

  /// Workers that nobody holds.
  package var idleWorkers: Int { state.withLock { $0.idle.count } }
  package var waitingTasks: Int { state.withLock { $0.waiting.count } }

  /// Whether a task of a lower order waits for a worker.
  private func isWanted(before order: Int) -> Bool {
    state.withLock { state in state.waiting.first.map { $0.order < order } ?? false }
  }

  private func acquire(order: Int) async throws -> Seat {
    let ticket = state.withLock { state in
      state.ticketsGiven += 1
      return state.ticketsGiven
    }
    return try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        let answer = state.withLock { state -> Result<Seat, any Error>? in
          // Asked under the lock: a cancellation after this finds the waiter.
          if Task.isCancelled { return .failure(CancellationError()) }
          if let seat = state.idle.popLast() { return .success(seat) }
          let place = state.waiting.firstIndex { $0.order > order } ?? state.waiting.endIndex
          state.waiting.insert(Waiter(order: order, ticket: ticket, continuation: continuation), at: place)
          return nil
        }
        if let answer { continuation.resume(with: answer) }
      }
    } onCancel: {
      let waiter = state.withLock { state in
        state.waiting.firstIndex { $0.ticket == ticket }.map { state.waiting.remove(at: $0) }
      }
      waiter?.continuation.resume(throwing: CancellationError())
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
