import Basics

/// Bounded reading of a pickle's arguments: every size is compared with the bytes that are left.
struct PickleCursor {
  let source: ByteSource
  let end: Int
  private(set) var position: Int

  init(source: ByteSource, range: Range<Int>) {
    precondition(range.lowerBound >= 0 && range.upperBound <= source.bytes.count, "range outside its source")
    self.source = source
    position = range.lowerBound
    end = range.upperBound
  }

  func error(_ problem: String, at offset: Int, expected: String? = nil, found: String? = nil) -> InputError {
    InputError(problem, file: source.name, location: "offset \(offset)", expected: expected, found: found)
  }

  mutating func byte() throws -> UInt8 {
    guard position < end else { throw error("the pickle is cut off", at: position) }
    defer { position += 1 }
    return source.bytes[position]
  }

  /// A little-endian number of `width` ≤ 8 bytes.
  mutating func unsigned(width: Int) throws -> UInt64 {
    let bytes = try take(UInt64(width), what: "a number")
    return source.bytes[bytes].reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }

  /// The next `count` bytes.
  mutating func take(_ count: UInt64, what: String) throws -> Range<Int> {
    let left = end - position
    guard count <= UInt64(left) else {
      throw error("\(what) of \(count) bytes is cut off", at: position, found: "\(left) bytes")
    }
    defer { position += Int(count) }
    return position..<position + Int(count)
  }

  /// A string whose length is a little-endian number of `width` bytes before it.
  mutating func counted(width: Int, what: String) throws -> PickleBytes {
    PickleBytes(source: source, range: try take(unsigned(width: width), what: what))
  }

  /// The text up to the next newline, without it.
  mutating func line() throws -> PickleBytes {
    guard let newline = source.bytes[position..<end].firstIndex(of: 0x0A) else {
      throw error("a line is cut off", at: position)
    }
    defer { position = newline + 1 }
    return PickleBytes(source: source, range: position..<newline)
  }
}
