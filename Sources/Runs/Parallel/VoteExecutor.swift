import Basics
import Certification
import Classifiers

/// Casts votes on several workers at once. This folder is the only place where this library is parallel.
///
/// Votes are cut into batches, batches go to whichever worker is free, and the results return in the order of the
/// requests. A vote is a pure function of its request, so neither the batches nor the workers change a result.
public struct VoteExecutor: Sendable {
  /// How many votes a worker takes at once at most; fewer when there are few left.
  public static let defaultBatch = 8

  public let threads: Int
  public let batch: Int
  public let imageShape: ImageShape
  /// K.
  public let classCount: Int
  private let pool: WorkerPool<VoteWorker>

  /// Casts the votes of a smoothed classifier.
  ///
  /// - Throws: `UsageError` unless threads and batch are positive.
  public init(_ classifier: SmoothedClassifier, threads: Int, batch: Int = defaultBatch) throws {
    try self.init(base: classifier.base, sigma: classifier.sigma, threads: threads, batch: batch)
  }

  /// Casts the votes of a base classifier on noisy images, or on the images as they are where `sigma` is nil.
  ///
  /// - Throws: `UsageError` unless threads and batch are positive.
  public init(base: any BaseClassifier, sigma: PixelNoise?, threads: Int, batch: Int = defaultBatch) throws {
    guard threads > 0 else { throw UsageError("the number of threads must be positive, not \(threads)") }
    guard batch > 0 else { throw UsageError("the number of votes in a batch must be positive, not \(batch)") }
    self.threads = threads
    self.batch = batch
    imageShape = base.imageShape
    classCount = base.classCount
    pool = WorkerPool(size: threads) { try VoteWorker(base: base, sigma: sigma) }
  }

  /// The votes of the requests, in their order.
  ///
  /// - Parameters:
  ///   - order: requests of a lower order get free workers first.
  ///   - onVotes: called with the votes of every finished batch, in whatever order batches finish.
  /// - Throws: `CancellationError` when the task is cancelled; whatever the classifier throws.
  public func votes(
    _ requests: [VoteRequest], order: Int = 0, onVotes: @escaping @Sendable ([Vote]) -> Void = { _ in }
  ) async throws -> [Vote] {
    try await batches(of: requests, order: order) { worker, requests in
      let votes = try worker.votes(requests)
      onVotes(votes)
      return votes
    }
  }

  /// The squared errors behind the votes of the requests, in their order.
  ///
  /// - Parameter onFinished: called with the size of every finished batch.
  /// - Throws: as `votes`.
  public func levelErrors(
    _ requests: [VoteRequest], onFinished: @escaping @Sendable ([LevelErrors]) -> Void = { _ in }
  ) async throws -> [LevelErrors] {
    try await batches(of: requests, order: 0) { worker, requests in
      let errors = try worker.levelErrors(requests)
      onFinished(errors)
      return errors
    }
  }

  private func batches<Answer: Sendable>(
    of requests: [VoteRequest], order: Int,
    answer: @escaping @Sendable (VoteWorker, [VoteRequest]) throws -> [Answer]
  ) async throws -> [Answer] {
    let queue = SharedQueue(BatchQueue(count: requests.count, limit: batch, workers: threads))
    let pool = pool
    let results = try await withThrowingTaskGroup(of: [(Int, [Answer])].self) { group in
      for _ in 0..<min(threads, requests.count) {
        group.addTask {
          var finished: [(Int, [Answer])] = []
          try await pool.withWorker(order: order) { worker in
            guard let range = queue.next() else { return false }
            finished.append((range.lowerBound, try answer(worker, Array(requests[range]))))
            return true
          }
          return finished
        }
      }
      return try await group.reduce(into: []) { $0 += $1 }
    }
    return results.sorted { $0.0 < $1.0 }.flatMap(\.1)
  }

  private final class SharedQueue: Sendable {
    private let queue: Mutex<BatchQueue>
    init(_ queue: BatchQueue) { self.queue = Mutex(queue) }
    func next() -> Range<Int>? { queue.withLock { $0.next() } }
  }

  /// Cuts 0 ..< count into batches that shrink towards the end, so that no worker waits long for the last one.
  package struct BatchQueue: Sendable {
    let count: Int
    let limit: Int
    let workers: Int
    private(set) var position = 0

    package init(count: Int, limit: Int, workers: Int) {
      self.count = count
      self.limit = limit
      self.workers = workers
    }

    package mutating func next() -> Range<Int>? {
      guard position < count else { return nil }
      let fair = (count - position + 2 * workers - 1) / (2 * workers)
      let size = workers == 1 ? min(limit, count - position) : min(limit, max(1, fair))
      defer { position += size }
      return position..<position + size
    }
  }
}
