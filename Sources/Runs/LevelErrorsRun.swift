import Basics
import Certification
import Classifiers

/// The squared errors of many images at every level and class of a classifier, one vote each: what calibration learns
/// from and what several weightings are compared on.
public struct LevelErrorsRun: Sendable {
  public var executor: VoteExecutor
  public var seed: UInt64
  public var images: ImageProvider
  public var progress: RunProgress

  public init(executor: VoteExecutor, seed: UInt64, images: @escaping ImageProvider, progress: RunProgress = .silent) {
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
    progress.begin(images: indices.count, finishedBefore: 0, votesPerImage: 1)
    defer { progress.end() }
    var elements: [Element] = []
    // Blocks bound the memory that images take.
    let block = 16 * executor.threads * executor.batch
    do {
      for begin in stride(from: 0, to: indices.count, by: block) {
        let labelled = try indices[begin..<min(begin + block, indices.count)].map {
          try images($0).labelled(shape: executor.imageShape, classCount: executor.classCount)
        }
        let errors = try await executor.levelErrors(
          labelled.map { image, _ in
            VoteRequest(
              pixels: image.pixels,
              key: VoteKey(seed: seed, image: UInt32(image.index), vote: 0, purpose: .evaluation))
          },
          onFinished: { finished in progress.addImages(evaluations: finished.map(\.evaluations)) })
        for ((image, label), errors) in zip(labelled, errors) {
          elements.append(Element(index: image.index, label: label, errors: errors))
        }
      }
    } catch is CancellationError {
      throw Interrupted(finished: elements.count, total: indices.count)
    }
    return elements
  }
}
