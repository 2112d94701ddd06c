import Basics
import Certification

/// The votes on one image, cast by an executor.
public struct ImageVotes: VoteSource {
  let executor: VoteExecutor
  let pixels: [Float]
  let seed: UInt64
  let image: UInt32
  let order: Int
  let onVotes: @Sendable ([Vote]) -> Void

  /// - Parameters:
  ///   - pixels: C·H·W values in pixels.
  ///   - image: the image's index in its data set.
  ///   - order: images of a lower order get free workers first.
  public init(
    executor: VoteExecutor, pixels: [Float], seed: UInt64, image: UInt32, order: Int = 0,
    onVotes: @escaping @Sendable ([Vote]) -> Void = { _ in }
  ) {
    self.executor = executor
    self.pixels = pixels
    self.seed = seed
    self.image = image
    self.order = order
    self.onVotes = onVotes
  }

  public var classCount: Int { executor.classCount }
  public var classes: ClassSet { executor.classes }

  public func votes(_ indices: Range<Int>, for purpose: VotePurpose) async throws -> [Vote] {
    try await votes(at: Array(indices), for: purpose) { _, _ in }
  }

  /// The votes of some indices, in their order; every finished batch is handed over with its requests.
  func votes(
    at indices: [Int], for purpose: VotePurpose,
    onBatch: @escaping @Sendable (_ requests: [VoteRequest], _ votes: [Vote]) -> Void
  ) async throws -> [Vote] {
    guard !indices.isEmpty else { return [] }
    let requests = indices.map { index in
      VoteRequest(pixels: pixels, key: VoteKey(seed: seed, image: image, vote: UInt32(index), purpose: purpose))
    }
    return try await executor.votes(requests, order: order) { [onVotes] requests, votes in
      onVotes(votes)
      onBatch(requests, votes)
    }
  }
}
