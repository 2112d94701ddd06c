import Datasets
import Basics
import Certification
import Records
import Classifiers

/// The squared errors of many images at every level and class of a classifier, one vote each: what calibration learns
/// from and what several weightings are compared on.
public struct LevelErrorsRun: Sendable {
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

  public struct Element: Hashable, Sendable {
    public var index: Int
    public var label: Int
    public var errors: LevelErrors
  }

  /// - Throws: `Interrupted` when the task is cancelled; `InputError` for an image that does not fit.
  public func callAsFunction(_ indices: [Int]) async throws -> [Element] {
    var elements: [Element] = []
    do {
      let blocks = ImageBlocks(executor: executor, seed: seed, images: images, others: others)
      let plan = WorkPlan(
        images: indices.count, evaluationsPerVote: executor.evaluationsPerVote(dropsNothing: true))
      try await progress.follow(plan) {
        try await blocks.forEach(indices) { block, requests in
          let errors = try await executor.levelErrors(requests) { finished in
            progress.addImages(evaluations: finished.map(\.evaluations))
          }
          for ((image, label), errors) in zip(block, errors) {
            elements.append(Element(index: image.index, label: label, errors: errors))
          }
        }
      }
    } catch is CancellationError {
      throw Interrupted(finished: elements.count, total: indices.count)
    }
    return elements
  }
}
