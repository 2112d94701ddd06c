import Basics

/// The header of a `.npy` file: type, order, shape and where the values begin.
///
/// Layout (NumPy's `numpy.lib.format`): `\x93NUMPY`, major and minor version, the header's length (two bytes in version
/// 1, four in 2 and 3, little-endian), then a dictionary literal with the keys `descr`, `fortran_order` and `shape`.
struct NumPyHeader: Hashable {
  var elementType: NumPyElementType
  var bigEndian: Bool
  var fortranOrder: Bool
  var shape: [Int]
  /// Offset of the first value.
  var dataOffset: Int
  /// The product of `shape`.
  var count: Int

  static let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)

  /// Parses the header and checks that exactly its values follow, before any memory is taken for them.
  init(parsing bytes: UnsafeRawBufferPointer) throws {
    guard bytes.count >= 10 else {
      throw InputError("too short for a .npy file", expected: "at least 10 bytes", found: "\(bytes.count)")
    }
    guard bytes.prefix(6).elementsEqual(Self.magic) else {
      throw InputError("not a .npy file", location: "offset 0", expected: "\\x93NUMPY")
    }
    let lengthSize: Int
    switch (bytes[6], bytes[7]) {
    case (1, 0): lengthSize = 2
    case (2, 0), (3, 0): lengthSize = 4
    default:
      throw InputError(
        "unknown .npy version", location: "offset 6", expected: "1.0, 2.0 or 3.0", found: "\(bytes[6]).\(bytes[7])")
    }
    let start = 8 + lengthSize
    guard bytes.count >= start else { throw InputError("the header is cut off", location: "offset \(bytes.count)") }
    var length = 0
    for index in (8..<start).reversed() { length = length << 8 | Int(bytes[index]) }
    guard length <= bytes.count - start else {
      throw InputError(
        "the header is cut off", location: "offset 8", expected: "\(length) bytes of header",
        found: "\(bytes.count - start)")
    }
    var literal = NumPyHeaderLiteral(bytes: bytes[start..<start + length])
    let fields = try literal.parse()
    try self.init(fields: fields, dataOffset: start + length)
    try checkSize(found: bytes.count - dataOffset)
  }

  private init(fields: NumPyHeaderLiteral.Fields, dataOffset: Int) throws {
    let descriptor = fields.descriptor
    guard let order = descriptor.first, "<>|".contains(order),
      let type = NumPyElementType(rawValue: String(descriptor.dropFirst())),
      order != "|" || type.byteCount == 1
    else {
      let known = NumPyElementType.allCases.map(\.littleEndianDescription).joined(separator: " ")
      throw InputError(
        "unsupported element type (objects, text and structures are refused)", location: "field 'descr'",
        expected: "one of \(known), or > for big-endian", found: "'\(descriptor)'")
    }
    guard let count = NumPyArray.product(fields.shape) else {
      throw InputError("the shape is too large", location: "field 'shape'", found: "\(fields.shape)")
    }
    self.elementType = type
    self.bigEndian = order == ">"
    self.fortranOrder = fields.fortranOrder
    self.shape = fields.shape
    self.dataOffset = dataOffset
    self.count = count
  }

  private func checkSize(found: Int) throws {
    let (size, overflow) = count.multipliedReportingOverflow(by: elementType.byteCount)
    guard !overflow, size == found else {
      throw InputError(
        "the values do not fill the shape \(shape) of '\(elementType.rawValue)'", location: "offset \(dataOffset)",
        expected: overflow ? "more bytes than a file can hold" : "\(size) bytes of values", found: "\(found)")
    }
  }
}
