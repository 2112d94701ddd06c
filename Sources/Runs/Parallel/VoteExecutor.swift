import Basics
import Certification
import Classifiers

/// Casts votes on several workers at once. This folder is the only place where this library is parallel.
///
/// Votes are cut into batches, batches go to whichever worker is free, and the results return in the order of the
/// requests. Where there are fewer votes than workers, those that have none carry out evaluations of the others' votes. A
/// vote is a pure function of its request and an evaluation of its query, so nothing of this changes a result.
public struct VoteExecutor: Sendable {
  /// How many votes a worker takes at once at most; fewer when there are few left.
  public static let defaultBatch = 8

  public let threads: Int
  public let batch: Int
  public let imageShape: ImageShape
  /// What the model calls the K classes.
  public let classes: ClassSet
  private let pool: WorkerPool<VoteWorker>
  private let base: any BaseClassifier
  private var grain: Int { (base as? any LossClassifier)?.plan.votesTogether ?? 1 }

  /// K.
  public var classCount: Int { classes.count }
  /// Denoiser evaluations of a vote at most; nil where the classifier does not tell.
  func evaluationsPerVote(dropsNothing: Bool = false) -> Int? {
    (base as? any LossClassifier)?.plan.evaluationsPerVote(dropsNothing: dropsNothing)
  }
  /// Workers without votes evaluate classes of others' votes.
  private var help: SpareWorkers? { threads > 1 ? SpareWorkers(pool: pool) : nil }

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
    self.base = base
    imageShape = base.imageShape
    classes = base.classes
    pool = WorkerPool(size: threads) { try VoteWorker(base: base, sigma: sigma) }
  }

  /// The votes of the requests, in their order.
  ///
  /// - Parameters:
  ///   - order: requests of a lower order get free workers first.
  ///   - onVotes: called with the votes of every finished batch, in whatever order batches finish.
  /// - Throws: `CancellationError` within a quarter of a second when the task is cancelled; whatever the classifier throws.
  public func votes(
    _ requests: [VoteRequest], order: Int = 0, onVotes: @escaping @Sendable ([Vote]) -> Void = { _ in }
  ) async throws -> [Vote] {
    try await votes(requests, order: order) { _, votes in onVotes(votes) }
  }

  /// The same, where every finished batch is handed over with its requests.
  func votes(
    _ requests: [VoteRequest], order: Int,
    onBatch: @escaping @Sendable (_ requests: [VoteRequest], _ votes: [Vote]) -> Void
  ) async throws -> [Vote] {
    try await batches(of: requests, order: order) { [help] worker, requests in
      let votes = try worker.votes(requests, help: help)
      onBatch(requests, votes)
      return votes
    }
  }

  /// Whether models that live elsewhere have a part in the votes.
  var isServedElsewhere: Bool { base.isServedElsewhere }

  /// The squared errors behind the votes of the requests, in their order.
  ///
  /// - Parameter onFinished: called with the size of every finished batch.
  /// - Throws: as `votes`.
  public func levelErrors(
    _ requests: [VoteRequest], onFinished: @escaping @Sendable ([LevelErrors]) -> Void = { _ in }
  ) async throws -> [LevelErrors] {
    try await batches(of: requests, order: 0) { [help] worker, requests in
      let errors = try worker.levelErrors(requests, help: help)
      onFinished(errors)
      return errors
    }
  }

  /// Asks models that are served elsewhere whether they are still those that were opened: what came from another
  /// belongs in no record.
  ///
  /// - Throws: `InputError` where one is not; whatever keeps it from being asked.
  func requireUnchanged(order: Int = 0) async throws {
    guard base.isServedElsewhere else { return }
    try await leavingInTime {
      try await pool.withWorker(order: order) { _ in
        try base.requireUnchanged()
        return false
      }
    }
  }

  /// Requests that wait for a worker.
  package var waitingTasks: Int { pool.waitingTasks }

  private func batches<Answer: Sendable>(
    of requests: [VoteRequest], order: Int,
    answer: @escaping @Sendable (VoteWorker, [VoteRequest]) throws -> [Answer]
  ) async throws -> [Answer] {
    try await leavingInTime {
      try await pool.answers(
        to: BatchQueue(count: requests.count, limit: batch, workers: threads, grain: grain), order: order
      ) {
        try answer($0, Array(requests[$1]))
      }
    }
  }
}
