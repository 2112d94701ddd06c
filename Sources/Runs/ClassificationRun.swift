import Datasets
import Basics
import Certification
import Records

/// Classifies every image once, clean or noisy, many images in a batch.
public struct ClassificationRun: Sendable {
  /// The base classifier, with or without smoothing noise.
  public var executor: VoteExecutor
  public var seed: UInt64
  public var images: ImageProvider
  public var progress: RunProgress
  /// Whether an image's label may be none of the classifier's classes.
  public var others: OtherClasses?

  public init(
    executor: VoteExecutor, seed: UInt64, images: @escaping ImageProvider, progress: RunProgress = .silent,
    others: OtherClasses? = nil
  ) {
    self.others = others
    self.executor = executor
    self.seed = seed
    self.images = images
    self.progress = progress
  }

  /// Classifies the images with the given data set indices.
  ///
  /// - Parameter onBlock: called with the report so far whenever a block of images is finished: what an interrupted
  ///   run has to show.
  /// - Throws: `Interrupted` when the task is cancelled; `InputError` for an image that does not fit.
  public func callAsFunction(
    _ indices: [Int], onBlock: (ClassificationReport) -> Void = { _ in }
  ) async throws -> ClassificationReport {
    let clock = ContinuousClock()
    let start = clock.now
    var classified: [ClassificationReport.Image] = []
    var evaluations = 0
    func report() -> ClassificationReport {
      ClassificationReport(
        images: classified, evaluations: evaluations, seconds: (clock.now - start) / .seconds(1))
    }
    do {
      let blocks = ImageBlocks(executor: executor, seed: seed, images: images, others: others)
      let plan = WorkPlan(images: indices.count, evaluationsPerVote: executor.evaluationsPerVote())
      try await progress.follow(plan) {
        try await blocks.forEach(indices) { block, requests in
          let votes = try await executor.votes(requests) { votes in
            progress.addImages(evaluations: votes.map(\.evaluations))
          }
          try await executor.requireUnchanged()
          for ((image, label), vote) in zip(block, votes) {
            var predicted: Int?
            if case .label(let choice) = vote.choice { predicted = choice }
            classified.append(
              .init(index: image.index, label: label, predicted: predicted, correct: predicted == label))
            evaluations += vote.evaluations
          }
          onBlock(report())
        }
      }
    } catch is CancellationError {
      throw Interrupted(finished: classified.count, total: indices.count)
    }
    return report()
  }
}
