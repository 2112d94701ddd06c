/// Reading a whole file whose size is checked before memory is taken.
package enum BoundedFile {
  /// How many times its size JSON takes that is full of numbers: its bytes and what is decoded from them.
  package static let jsonGrowth = 26

  /// The text of a JSON file without a byte order mark.
  ///
  /// - Parameters: as ``read(_:limit:growth:kind:)``.
  /// - Throws: as it; `InputError` naming the encoding for a text that is not in UTF-8.
  package static func readJSON(_ path: String, limit: Int, kind: String = "what it should be") throws -> [UInt8] {
    let bytes = try read(path, limit: limit, growth: jsonGrowth, kind: kind)
    return try bytes.withUnsafeBytes { Array(try utf8($0, file: path)) }
  }

  /// A JSON text without a byte order mark.
  ///
  /// - Throws: `InputError` naming the encoding for a text that is not in UTF-8.
  package static func utf8(_ bytes: UnsafeRawBufferPointer, file: String? = nil) throws -> UnsafeRawBufferPointer {
    if let encoding = TextLines.wideEncoding(bytes) {
      throw InputError(
        "is in \(encoding)", file: file, expected: "UTF-8: save it again in that encoding", found: encoding)
    }
    return UnsafeRawBufferPointer(rebasing: bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? bytes[3...] : bytes[...])
  }

  /// - Parameters:
  ///   - limit: in bytes.
  ///   - growth: how many times its size the file takes with what is made of it.
  ///   - kind: what it should be, as in "a calibration".
  /// - Throws: `InputError` naming the file when it cannot be read, is not a regular file, is too large or memory does
  ///   not suffice.
  package static func read(
    _ path: String, limit: Int, growth: Int, kind: String = "what it should be"
  ) throws -> [UInt8] {
    let file = try MappedFile(path: path)
    defer { withExtendedLifetime(file) {} }
    guard file.bytes.count <= limit else {
      throw InputError(
        "too large for \(kind)", file: path, expected: "at most \(limit) bytes", found: "\(file.bytes.count)")
    }
    try MemoryBudget.require(growth * file.bytes.count, for: "the file's content", file: path)
    return Array(file.bytes)
  }
}
