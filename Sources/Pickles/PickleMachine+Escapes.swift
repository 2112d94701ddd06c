import Basics

/// Protocol 0's text: Python string literals and escapes.
extension PickleMachine {
  /// STRING: a quoted literal of Python 2.
  mutating func quotedString() throws -> PickleBytes {
    let line = try cursor.line()
    var text = line.array[...]
    while text.last == 0x0D || text.last == 0x20 { text.removeLast() }
    guard text.count >= 2, let quote = text.first, quote == 0x27 || quote == 0x22, text.last == quote else {
      throw error("a string is not in quotes")
    }
    text = text.dropFirst().dropLast()
    guard text.contains(0x5C) else {
      return PickleBytes(source: line.source, range: line.range.lowerBound + 1..<line.range.lowerBound + 1 + text.count)
    }
    return owned(try unescape(text))
  }

  private func unescape(_ text: ArraySlice<UInt8>) throws -> [UInt8] {
    let simple: [UInt8: UInt8] = [
      0x5C: 0x5C, 0x27: 0x27, 0x22: 0x22, 0x6E: 0x0A, 0x74: 0x09, 0x72: 0x0D, 0x61: 0x07, 0x62: 0x08, 0x66: 0x0C,
      0x76: 0x0B,
    ]
    var result = [UInt8]()
    var rest = text
    while let byte = rest.popFirst() {
      guard byte == 0x5C else {
        result.append(byte)
        continue
      }
      guard let code = rest.popFirst() else { throw error("an escape is cut off") }
      if let plain = simple[code] {
        result.append(plain)
      } else if code == 0x78, let value = hexadecimal(rest.prefix(2), digits: 2) {
        result.append(UInt8(value))
        rest = rest.dropFirst(2)
      } else {
        throw error("unknown escape in a string", found: "byte 0x\(String(code, radix: 16))")
      }
    }
    return result
  }

  /// UNICODE: Latin-1 text with \uXXXX and \UXXXXXXXX.
  mutating func escapedUnicode() throws -> PickleBytes {
    let line = try cursor.line()
    var rest = line.array[...]
    guard rest.contains(where: { $0 == 0x5C || $0 >= 0x80 }) else { return line }
    var text = String.UnicodeScalarView()
    while let byte = rest.popFirst() {
      let digits = byte == 0x5C ? (rest.first == 0x75 ? 4 : rest.first == 0x55 ? 8 : 0) : 0
      guard digits > 0 else {
        text.append(Unicode.Scalar(byte))
        continue
      }
      guard let value = hexadecimal(rest.dropFirst().prefix(digits), digits: digits),
        let scalar = Unicode.Scalar(value)
      else { throw error("an escape is no character") }
      text.append(scalar)
      rest = rest.dropFirst(1 + digits)
    }
    return owned(Array(String(text).utf8))
  }

  private func hexadecimal(_ text: ArraySlice<UInt8>, digits: Int) -> UInt32? {
    guard text.count == digits, text.first != 0x2B, text.first != 0x2D else { return nil }
    return UInt32(String(decoding: text, as: UTF8.self), radix: 16)
  }

  private func owned(_ bytes: [UInt8]) -> PickleBytes {
    PickleBytes(source: ByteSource(name: cursor.source.name, bytes: bytes), range: 0..<bytes.count)
  }
}
