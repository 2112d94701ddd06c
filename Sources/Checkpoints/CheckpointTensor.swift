import Basics
import Pickles

/// One tensor of a checkpoint: a view into the mapped file, converted to float when asked.
public struct CheckpointTensor: Sendable {
  public enum ElementType: String, Sendable, Codable, CaseIterable {
    case float16 = "F16"
    case bfloat16 = "BF16"
    case float32 = "F32"
    case float64 = "F64"

    public var byteCount: Int {
      switch self {
      case .float16, .bfloat16: 2
      case .float32: 4
      case .float64: 8
      }
    }
  }

  public let elementType: ElementType
  public let shape: [Int]
  /// Distance between neighbours along each axis, in elements.
  public let strides: [Int]
  /// Byte offset of the first element in `source`; every element lies inside it.
  public let offset: Int
  /// The mapped file, or memory where the file holds the values in some encoding.
  public let source: ByteSource

  /// A view of values in C order unless `strides` (in elements) are given.
  ///
  /// - Precondition: every element lies inside `source`; readers check that first (`TensorExtent`).
  public init(elementType: ElementType, shape: [Int], strides: [Int]? = nil, offset: Int, source: ByteSource) {
    let strides = strides ?? TensorExtent.contiguousStrides(shape)
    let extent = TensorExtent(shape: shape, strides: strides)
    precondition(
      extent.map { offset >= 0 && $0.span <= (source.bytes.count - offset) / elementType.byteCount } ?? false,
      "the tensor's elements lie outside its source")
    self.elementType = elementType
    self.shape = shape
    self.strides = strides
    self.offset = offset
    self.source = source
  }

  /// A view of `file`.
  public init(elementType: ElementType, shape: [Int], strides: [Int], offset: Int, file: MappedFile) {
    self.init(elementType: elementType, shape: shape, strides: strides, offset: offset, source: ByteSource(file))
  }

  /// Values in memory, in C order: for networks that come from no file.
  public init(_ values: [Float], shape: [Int]) {
    precondition(values.count == shape.reduce(1, *), "values do not fit the shape")
    let source = values.withUnsafeBytes { bytes in
      ByteSource(name: "memory", count: bytes.count) { $0.copyMemory(from: bytes) }
    }
    self.init(elementType: .float32, shape: shape, offset: 0, source: source)
  }

  /// The number of elements.
  public var count: Int { shape.reduce(1, *) }

  /// The file behind the view, nil for memory.
  public var file: MappedFile? { source.file }

  /// Whether the elements lie one after the other in C order.
  public var isContiguous: Bool {
    var expected = 1
    for (size, stride) in zip(shape, strides).reversed() where size != 1 {
      if stride != expected { return count == 0 }
      expected *= size
    }
    return true
  }
}
