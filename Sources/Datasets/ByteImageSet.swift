import Basics

/// Pictures with one byte per value, pixel = byte / 255: IDX files, CIFAR-10 batches, uint8 arrays.
public struct ByteImageSet: LabeledImageSet {
  /// Equally spaced pictures in one store, such as the records of a batch.
  struct Segment: Sendable {
    var bytes: ByteStore
    /// Where the first picture begins, and how far the next one is.
    var offset: Int
    var stride: Int
    var count: Int
  }

  public let name: String
  public let count: Int
  public let imageShape: ImageShape
  public let classNames: [String]
  public let maximumLabel: Int?
  public internal(set) var notices: [String] = []
  private let segments: [Segment]
  private let labels: [Int]?

  /// - Parameter classNames: nil to number the classes up to the largest label.
  init(name: String, imageShape: ImageShape, segments: [Segment], labels: [Int]?, classNames: [String]? = nil) {
    self.name = name
    self.imageShape = imageShape
    self.segments = segments
    self.labels = labels
    count = segments.reduce(0) { $0 + $1.count }
    maximumLabel = labels?.max()
    self.classNames = classNames ?? numberedClasses(upTo: maximumLabel)
    precondition(labels == nil || labels?.count == count, "a label for every picture")
    for segment in segments where segment.count > 0 {
      let end = segment.offset + (segment.count - 1) * segment.stride + imageShape.count
      precondition(end <= segment.bytes.count, "pictures beyond their store")
    }
  }

  public func image(at index: Int) throws -> LabeledImage {
    precondition((0..<count).contains(index), "no image \(index)")
    let pixels = withBytes(of: index) { bytes in
      [Float](unsafeUninitializedCapacity: bytes.count) { output, count in
        for place in 0..<bytes.count { output[place] = Float(bytes[place]) / 255 }
        count = bytes.count
      }
    }
    return LabeledImage(index: index, pixels: pixels, label: labels?[index])
  }

  public func label(at index: Int) -> Int? { labels?[index] }

  public func digest() -> String {
    var digest = SHA256Digest()
    digest.update(kind: "u8", count: count, shape: imageShape)
    for index in 0..<count { withBytes(of: index) { digest.update($0) } }
    digest.update(labels: labels)
    return digest.finish()
  }

  private func withBytes<Result>(of index: Int, _ body: (UnsafeRawBufferPointer) -> Result) -> Result {
    var local = index
    for segment in segments {
      if local < segment.count {
        let start = segment.offset + local * segment.stride
        return segment.bytes.withBytes { body(UnsafeRawBufferPointer(rebasing: $0[start..<start + imageShape.count])) }
      }
      local -= segment.count
    }
    preconditionFailure("no image \(index)")
  }
}

extension SHA256Digest {
  mutating func update(kind: String, count: Int, shape: ImageShape) {
    let text = Array("\(kind) \(count) \(shape.channels) \(shape.height) \(shape.width)\n".utf8)
    text.withUnsafeBytes { update($0) }
  }

  mutating func update(labels: [Int]?) {
    let values = (labels ?? []).map { Int32(truncatingIfNeeded: $0).littleEndian }
    values.withUnsafeBytes { update($0) }
  }
}
