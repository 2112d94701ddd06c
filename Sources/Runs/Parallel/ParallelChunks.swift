/// Computes `count` elements in chunks on up to `threads` threads and returns them in order.
///
/// - Parameter work: computes the elements of a range; may block.
/// - Throws: `CancellationError` within a quarter of a second when the task is cancelled; whatever `work` throws.
public func inParallel<Element: Sendable>(
  count: Int, chunk: Int, threads: Int, _ work: @escaping @Sendable (Range<Int>) throws -> [Element]
) async throws -> [Element] {
  let batches = BatchQueue(count: count, limit: chunk)
  let pool = WorkerPool(size: max(1, min(threads, batches.mostWorkers))) {}
  return try await leavingInTime { try await pool.answers(to: batches) { _, range in try work(range) } }
}
