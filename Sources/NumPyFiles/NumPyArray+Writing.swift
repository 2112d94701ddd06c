import Basics

extension NumPyArray {
  /// Writes a little-endian, C-ordered `.npy` file, byte for byte what NumPy's `save` writes.
  ///
  /// The file appears whole or not at all: see `AtomicFile`.
  /// - Throws: `InputError` naming `path` when it cannot be written.
  public func write(to path: String) throws {
    try AtomicFile.write(encoded(), to: path)
  }

  /// The bytes of the `.npy` file.
  public func encoded() -> [UInt8] {
    var bytes = header()
    switch elements {
    case .bool(let values): bytes.append(contentsOf: values.map { $0 ? 1 : 0 })
    case .int8(let values): Self.append(values, to: &bytes)
    case .int16(let values): Self.append(values.map { $0.littleEndian }, to: &bytes)
    case .int32(let values): Self.append(values.map { $0.littleEndian }, to: &bytes)
    case .int64(let values): Self.append(values.map { $0.littleEndian }, to: &bytes)
    case .uint8(let values): Self.append(values, to: &bytes)
    case .uint16(let values): Self.append(values.map { $0.littleEndian }, to: &bytes)
    case .uint32(let values): Self.append(values.map { $0.littleEndian }, to: &bytes)
    case .uint64(let values): Self.append(values.map { $0.littleEndian }, to: &bytes)
    case .float16(let values): Self.append(values.map { $0.bitPattern.littleEndian }, to: &bytes)
    case .float32(let values): Self.append(values.map { $0.bitPattern.littleEndian }, to: &bytes)
    case .float64(let values): Self.append(values.map { $0.bitPattern.littleEndian }, to: &bytes)
    }
    return bytes
  }

  private func header() -> [UInt8] {
    let sizes = shape.map(String.init).joined(separator: ", ") + (shape.count == 1 ? "," : "")
    var text = "{'descr': '\(elementType.littleEndianDescription)', 'fortran_order': False, 'shape': (\(sizes)), }"
    // NumPy leaves room for the first axis to grow to any 64-bit size when data is appended in place.
    if let first = shape.first { text += String(repeating: " ", count: 21 - String(first).utf8.count) }
    // The values begin at a multiple of 64. `maximumRank` sizes always fit version 1's 65 535 bytes.
    let unpadded = 10 + text.utf8.count + 1
    text += String(repeating: " ", count: (64 - unpadded % 64) % 64) + "\n"
    let length = UInt16(text.utf8.count)
    return NumPyHeader.magic + [1, 0, UInt8(length & 0xFF), UInt8(length >> 8)] + Array(text.utf8)
  }

  private static func append<Value>(_ values: [Value], to bytes: inout [UInt8]) {
    values.withUnsafeBytes { bytes.append(contentsOf: $0) }
  }
}
