/// The element types a `.npy` file may hold here; object, text, complex and structured types are refused.
public enum NumPyElementType: String, Hashable, Sendable, CaseIterable {
  case bool = "b1"
  case int8 = "i1"
  case int16 = "i2"
  case int32 = "i4"
  case int64 = "i8"
  case uint8 = "u1"
  case uint16 = "u2"
  case uint32 = "u4"
  case uint64 = "u8"
  case float16 = "f2"
  case float32 = "f4"
  case float64 = "f8"

  /// Bytes per element.
  public var byteCount: Int {
    switch self {
    case .bool, .int8, .uint8: 1
    case .int16, .uint16, .float16: 2
    case .int32, .uint32, .float32: 4
    case .int64, .uint64, .float64: 8
    }
  }

  /// What NumPy writes after `'descr':` on a little-endian machine, such as `<f4` or `|u1`.
  var littleEndianDescription: String { (byteCount == 1 ? "|" : "<") + rawValue }
}
