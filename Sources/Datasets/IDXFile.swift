import Basics
import NumPyFiles

/// One IDX file of unsigned bytes, plain or gzipped: MNIST's format.
///
/// Layout: two zero bytes, the type (8: unsigned byte), the number of axes, a 32-bit big-endian size per axis, the values.
struct IDXFile {
  let shape: [Int]
  let values: ByteStore

  /// - Throws: `InputError` when the file has another number of axes, or its size is not what it declares; before
  ///   memory is taken.
  init(path: String, rank: Int) throws {
    let file = try MappedFile(path: path)
    defer { withExtendedLifetime(file) {} }
    do {
      if let kind = FileKind(file.bytes), kind != .idx, kind != .gzip {
        throw InputError(
          "not an IDX file of bytes with \(rank) axes", expected: "one, gzipped or not",
          found: FileKind.describe(file.bytes))
      }
      if GzipReader.recognises(file.bytes) {
        var reader = GzipReader(file.bytes)
        let (shape, count) = try Self.parse(header: reader.read(4 + 4 * rank), rank: rank)
        self.shape = shape
        values = ByteStore(try reader.read(count))
        try reader.requireEnd()
      } else {
        let headerSize = 4 + 4 * rank
        guard file.bytes.count >= headerSize else {
          throw InputError(
            "too short for an IDX file", expected: "at least \(headerSize) bytes", found: "\(file.bytes.count)")
        }
        let (shape, count) = try Self.parse(header: Array(file.bytes[..<headerSize]), rank: rank)
        guard file.bytes.count - headerSize == count else {
          throw InputError(
            "the values do not fill the shape \(shape)", location: "offset \(headerSize)", expected: "\(count) bytes",
            found: "\(file.bytes.count - headerSize)")
        }
        self.shape = shape
        values = ByteStore(file, headerSize..<file.bytes.count)
      }
    } catch let error as InputError {
      throw error.inFile(path)
    }
  }

  private static func parse(header: [UInt8], rank: Int) throws -> (shape: [Int], count: Int) {
    let expected: [UInt8] = [0, 0, 8, UInt8(rank)]
    guard header.starts(with: expected) else {
      throw InputError(
        "not an IDX file of bytes with \(rank) axes", location: "offset 0", expected: "\(expected)",
        found: header.starts(with: [0, 0]) ? "\(header[..<4])" : header.withUnsafeBytes { FileKind.describe($0) })
    }
    let shape = (0..<rank).map { axis in header[(4 + 4 * axis)..<(8 + 4 * axis)].reduce(0) { $0 << 8 | Int($1) } }
    var count = 1
    for (axis, size) in shape.enumerated() {
      guard size > 0 else { throw InputError("a size is zero", location: "offset \(4 + 4 * axis)") }
      let (product, overflow) = count.multipliedReportingOverflow(by: size)
      guard !overflow else { throw InputError("the shape is too large", location: "offset 4", found: "\(shape)") }
      count = product
    }
    return (shape, count)
  }
}
