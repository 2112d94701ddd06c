import Basics

extension WorkerPool {
  /// Repeats `step` until it returns false, in several tasks at once.
  ///
  /// - Parameters:
  ///   - tasks: how many share the work.
  ///   - part: what each of them begins with; `step` adds to it.
  /// - Returns: the parts, in no particular order.
  /// - Throws: as `withWorker`; the first error cancels the other tasks.
  func share<Part: Sendable>(
    among tasks: Int, order: Int = 0, part: Part, _ step: @escaping @Sendable (inout Part, Worker) throws -> Bool
  ) async throws -> [Part] {
    try await withThrowingTaskGroup(of: Part.self) { group in
      for _ in 0..<tasks {
        group.addTask {
          var part = part
          try await self.withWorker(order: order) { try step(&part, $0) }
          return part
        }
      }
      return try await group.reduce(into: []) { $0.append($1) }
    }
  }

  /// The answers to all of a queue's positions, in their order; batches go to whichever worker is free.
  ///
  /// - Parameter answer: the answers to a range.
  /// - Throws: as `withWorker`.
  func answers<Answer: Sendable>(
    to batches: BatchQueue, order: Int = 0, _ answer: @escaping @Sendable (Worker, Range<Int>) throws -> [Answer]
  ) async throws -> [Answer] {
    let queue = SharedQueue(batches)
    let parts = try await share(
      among: min(size, batches.mostWorkers), order: order, part: [(Int, [Answer])]()
    ) { finished, worker in
      guard let range = queue.next() else { return false }
      finished.append((range.lowerBound, try answer(worker, range)))
      return true
    }
    return parts.flatMap(\.self).sorted { $0.0 < $1.0 }.flatMap(\.1)
  }
}

private final class SharedQueue: Sendable {
  private let queue: Mutex<BatchQueue>
  init(_ queue: BatchQueue) { self.queue = Mutex(queue) }
  func next() -> Range<Int>? { queue.withLock { $0.next() } }
}
