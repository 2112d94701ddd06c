import Basics

/// A strict parser for the one dictionary literal of a `.npy` header; nothing is evaluated and nothing nests.
struct NumPyHeaderLiteral {
  struct Fields {
    var descriptor = ""
    var fortranOrder = false
    var shape: [Int] = []
  }

  /// NumPy's own limit on axes.
  static let maximumRank = 64

  private let bytes: Slice<UnsafeRawBufferPointer>
  private var position: Int

  init(bytes: Slice<UnsafeRawBufferPointer>) {
    self.bytes = bytes
    position = bytes.startIndex
  }

  mutating func parse() throws -> Fields {
    var fields = Fields()
    var seen: Set<String> = []
    try expect("{")
    while !consume("}") {
      if !seen.isEmpty {
        try expect(",")
        if consume("}") { break }
      }
      let key = try string()
      guard seen.insert(key).inserted else { throw problem("the key '\(key)' appears twice") }
      try expect(":")
      switch key {
      case "descr":
        if peek() == UInt8(ascii: "[") { throw problem("structured element types are refused") }
        fields.descriptor = try string()
      case "fortran_order": fields.fortranOrder = try boolean()
      case "shape": fields.shape = try shape()
      default: throw problem("unknown key '\(key)'")
      }
    }
    skipSpace()
    guard position == bytes.endIndex else { throw problem("text after the header's dictionary") }
    for key in ["descr", "fortran_order", "shape"] where !seen.contains(key) {
      throw problem("the key '\(key)' is missing")
    }
    return fields
  }

  private mutating func string() throws -> String {
    guard let quote = peek(), quote == UInt8(ascii: "'") || quote == UInt8(ascii: "\"") else {
      throw problem("a quoted text is missing")
    }
    position += 1
    let start = position
    while position < bytes.endIndex, bytes[position] != quote {
      guard (0x20..<0x7F).contains(bytes[position]), bytes[position] != UInt8(ascii: "\\") else {
        throw problem("unexpected character in a text")
      }
      position += 1
    }
    guard position < bytes.endIndex else { throw problem("a text has no end") }
    let text = String(decoding: bytes[start..<position], as: UTF8.self)
    position += 1
    return text
  }

  private mutating func boolean() throws -> Bool {
    skipSpace()
    for (word, value) in [("True", true), ("False", false)] where bytes[position...].starts(with: word.utf8) {
      position += word.utf8.count
      return value
    }
    throw problem("True or False is missing")
  }

  private mutating func shape() throws -> [Int] {
    try expect("(")
    var sizes: [Int] = []
    while !consume(")") {
      if !sizes.isEmpty {
        try expect(",")
        if consume(")") { return sizes }
      }
      sizes.append(try size())
      // A tuple of one needs its comma: (3) is a number.
      if sizes.count == 1, peek() != UInt8(ascii: ",") { throw problem("a comma is missing in the shape") }
      guard sizes.count <= Self.maximumRank else { throw problem("more than \(Self.maximumRank) axes") }
    }
    return sizes
  }

  private mutating func size() throws -> Int {
    skipSpace()
    var value = 0
    let start = position
    while position < bytes.endIndex, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[position]) {
      let (tens, overflow) = value.multipliedReportingOverflow(by: 10)
      let (next, carry) = tens.addingReportingOverflow(Int(bytes[position] - UInt8(ascii: "0")))
      guard !overflow, !carry else { throw problem("a size is too large") }
      value = next
      position += 1
    }
    guard position > start else { throw problem("a size is missing in the shape") }
    // Python 2 wrote long integers with an L.
    if position < bytes.endIndex, bytes[position] == UInt8(ascii: "L") { position += 1 }
    return value
  }

  private mutating func peek() -> UInt8? {
    skipSpace()
    return position < bytes.endIndex ? bytes[position] : nil
  }

  private mutating func consume(_ character: Unicode.Scalar) -> Bool {
    guard peek() == UInt8(ascii: character) else { return false }
    position += 1
    return true
  }

  private mutating func expect(_ character: Unicode.Scalar) throws {
    guard consume(character) else { throw problem("'\(character)' is missing") }
  }

  private mutating func skipSpace() {
    while position < bytes.endIndex, bytes[position] == 0x20 || bytes[position] == 0x0A { position += 1 }
  }

  private func problem(_ text: String) -> InputError {
    InputError("bad .npy header: \(text)", location: "offset \(position)")
  }
}
