import Basics

/// A model file in memory: its architecture and its tensors by path below the preconditioner, such as
/// `model.enc.32x32_conv.weight`, `model.map_noise.freqs` or `u`.
public struct Checkpoint: Sendable {
  public var file: String
  /// SHA-256 of the file.
  public var digest: String
  public var architecture: Architecture
  public var tensors: [String: CheckpointTensor]

  public init(file: String, digest: String, architecture: Architecture, tensors: [String: CheckpointTensor]) {
    self.file = file
    self.digest = digest
    self.architecture = architecture
    self.tensors = tensors
  }
}

/// One tensor of a checkpoint: a view into the mapped file, converted to float when asked.
public struct CheckpointTensor: Sendable {
  public enum ElementType: String, Sendable, Codable {
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

  public var elementType: ElementType
  public var shape: [Int]
  /// Distance between neighbours along each axis, in elements.
  public var strides: [Int]
  /// Byte offset of the first element in the file; the reader has checked that every element lies inside it.
  public var offset: Int
  public var file: MappedFile

  public init(elementType: ElementType, shape: [Int], strides: [Int], offset: Int, file: MappedFile) {
    self.elementType = elementType
    self.shape = shape
    self.strides = strides
    self.offset = offset
    self.file = file
  }

  public var count: Int { shape.reduce(1, *) }

  /// The values in C order.
  public func floats() -> [Float] {
    fatalError("helper C writes this")
  }
}
