import Datasets
import Certification
import Records

/// Images by the block, one vote each: a block bounds the memory that images take, and is large enough that shrinking
/// batches at its end cost little.
struct ImageBlocks {
  var executor: VoteExecutor
  var seed: UInt64
  var images: ImageProvider
  /// Whether a label may be none of the classes'.
  var others: OtherClasses?

  /// Hands every block's images, labels and votes to cast to `body`, in order.
  ///
  /// - Throws: `InputError` for an image that does not fit or has no label; whatever `body` throws.
  func forEach(
    _ indices: [Int],
    _ body: (_ block: [(image: LabeledImage, label: Int)], _ requests: [VoteRequest]) async throws -> Void
  ) async throws {
    let size = 16 * executor.threads * executor.batch
    for begin in stride(from: 0, to: indices.count, by: size) {
      let block = try indices[begin..<min(begin + size, indices.count)].map {
        try images($0).labelled(shape: executor.imageShape, classes: executor.classes, others: others)
      }
      try await body(
        block.map { (image: $0.0, label: $0.1) },
        block.map { image, _ in
          VoteRequest(
            pixels: image.pixels,
            key: VoteKey(seed: seed, image: UInt32(image.index), vote: 0, purpose: .evaluation))
        })
    }
  }
}
