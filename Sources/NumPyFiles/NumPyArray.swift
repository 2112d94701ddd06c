import Basics

/// An array as NumPy stores it: a shape and its values in C order, in the type of the file.
///
/// Reading turns big-endian and Fortran-ordered files into native C order. `floats()`, `doubles()` and `integers()`
/// convert, and say which element does not fit.
public struct NumPyArray: Sendable {
  /// The values, in C order and the machine's byte order.
  public enum Elements: Sendable {
    case bool([Bool])
    case int8([Int8])
    case int16([Int16])
    case int32([Int32])
    case int64([Int64])
    case uint8([UInt8])
    case uint16([UInt16])
    case uint32([UInt32])
    case uint64([UInt64])
    case float16([Float16])
    case float32([Float])
    case float64([Double])
  }

  /// Sizes along the axes, outermost first; empty for a scalar.
  public let shape: [Int]
  public let elements: Elements
  /// The file the array came from, with the member's name for an archive: named in every error.
  public var source: String?

  /// - Precondition: the number of values is the product of `shape`.
  public init(shape: [Int], elements: Elements, source: String? = nil) {
    self.shape = shape
    self.elements = elements
    self.source = source
    precondition(Self.product(shape) == elementCount, "\(elementCount) values do not fill the shape \(shape)")
  }

  public init(shape: [Int], _ values: [Float]) { self.init(shape: shape, elements: .float32(values)) }
  public init(shape: [Int], _ values: [Double]) { self.init(shape: shape, elements: .float64(values)) }
  public init(shape: [Int], _ values: [Int64]) { self.init(shape: shape, elements: .int64(values)) }

  /// The number of values.
  public var count: Int { elementCount }

  public var elementType: NumPyElementType {
    switch elements {
    case .bool: .bool
    case .int8: .int8
    case .int16: .int16
    case .int32: .int32
    case .int64: .int64
    case .uint8: .uint8
    case .uint16: .uint16
    case .uint32: .uint32
    case .uint64: .uint64
    case .float16: .float16
    case .float32: .float32
    case .float64: .float64
    }
  }

  /// Checks the shape, where nil stands for any size along that axis.
  ///
  /// - Parameter letters: what the axes mean, such as `"[N, C, H, W]"`; used in the message only.
  /// - Throws: `InputError` naming the file, the expected and the found shape.
  public func requireShape(_ expected: [Int?], _ letters: String? = nil) throws {
    let fits = expected.count == shape.count && zip(expected, shape).allSatisfy { $0 == nil || $0 == $1 }
    guard !fits else { return }
    let sizes = "[" + expected.map { $0.map(String.init) ?? "any" }.joined(separator: ", ") + "]"
    throw InputError(
      "the array has another shape", file: source, expected: letters.map { "\($0) = \(sizes)" } ?? sizes,
      found: "\(shape)")
  }

  private var elementCount: Int {
    switch elements {
    case .bool(let values): values.count
    case .int8(let values): values.count
    case .int16(let values): values.count
    case .int32(let values): values.count
    case .int64(let values): values.count
    case .uint8(let values): values.count
    case .uint16(let values): values.count
    case .uint32(let values): values.count
    case .uint64(let values): values.count
    case .float16(let values): values.count
    case .float32(let values): values.count
    case .float64(let values): values.count
    }
  }

  /// The product of non-negative sizes; nil when it, or the product of the non-zero ones, exceeds `Int`.
  static func product(_ sizes: [Int]) -> Int? {
    var product = 1
    for size in sizes where size != 0 {
      guard size > 0 else { return nil }
      let (next, overflow) = product.multipliedReportingOverflow(by: size)
      if overflow { return nil }
      product = next
    }
    return sizes.contains(0) ? 0 : product
  }
}
