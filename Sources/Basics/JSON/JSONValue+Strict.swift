/// JSON read strictly: no duplicate keys, bounded depth, nothing after the end.
///
/// Foundation's decoders silently keep one of two equal keys, which would let one tensor hide another.
extension JSONValue {
  static let maximumDepth = 32
  /// Texts, numbers, lists and objects in a document; each takes some 60 bytes, however short it is.
  package static let maximumValues = 1 << 20

  /// An integer is one that is written so, without a fraction or an exponent.
  ///
  /// - Parameter maximumValues: how many values may be in it.
  /// - Throws: `InputError` with the offset inside `bytes`.
  package init(strict bytes: UnsafeRawBufferPointer, most maximumValues: Int = Self.maximumValues) throws {
    var parser = JSONParser(bytes: bytes, maximumValues: maximumValues)
    self = try parser.document()
  }
}

private struct JSONParser {
  let bytes: UnsafeRawBufferPointer
  let maximumValues: Int
  var position = 0
  private var values = 0

  init(bytes: UnsafeRawBufferPointer, maximumValues: Int) {
    self.bytes = bytes
    self.maximumValues = maximumValues
  }

  func error(_ problem: String) -> InputError {
    InputError(problem, location: "offset \(position) of the JSON text")
  }

  mutating func document() throws -> JSONValue {
    let value = try value(depth: 0)
    skipSpace()
    guard position == bytes.count else { throw error("something follows the JSON text") }
    return value
  }

  private mutating func skipSpace() {
    while position < bytes.count, [0x20, 0x0A, 0x0D, 0x09].contains(bytes[position]) { position += 1 }
  }

  private mutating func next() throws -> UInt8 {
    guard position < bytes.count else { throw error("the JSON text is cut off") }
    defer { position += 1 }
    return bytes[position]
  }

  private mutating func accept(_ byte: Character) -> Bool {
    skipSpace()
    guard position < bytes.count, bytes[position] == byte.asciiValue else { return false }
    position += 1
    return true
  }

  private mutating func value(depth: Int) throws -> JSONValue {
    guard depth < JSONValue.maximumDepth else { throw error("the JSON text is nested too deeply") }
    values += 1
    guard values <= maximumValues else { throw error("the JSON text holds too many values") }
    skipSpace()
    guard position < bytes.count else { throw error("the JSON text is cut off") }
    switch bytes[position] {
    case UInt8(ascii: "{"): return try object(depth: depth)
    case UInt8(ascii: "["): return try array(depth: depth)
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try literal("true", .bool(true))
    case UInt8(ascii: "f"): return try literal("false", .bool(false))
    case UInt8(ascii: "n"): return try literal("null", .null)
    default: return try number()
    }
  }

  private mutating func literal(_ text: String, _ value: JSONValue) throws -> JSONValue {
    guard bytes[position...].starts(with: text.utf8) else { throw error("not JSON") }
    position += text.utf8.count
    return value
  }

  private mutating func number() throws -> JSONValue {
    let start = position
    while position < bytes.count, position - start < 64, "+-.0123456789eE".utf8.contains(bytes[position]) {
      position += 1
    }
    let text = String(decoding: bytes[start..<position], as: UTF8.self)
    guard let number = Double(text), text.first != "+", text.first != "." else { throw error("not a JSON number") }
    // As an integer −0 would lose its sign.
    if number.sign == .minus, number.isZero { return .number(number) }
    return Int(text).map { .integer($0) } ?? UInt64(text).map { .unsigned($0) } ?? .number(number)
  }

  private mutating func array(depth: Int) throws -> JSONValue {
    position += 1
    var elements = [JSONValue]()
    if accept("]") { return .array(elements) }
    repeat { elements.append(try value(depth: depth + 1)) } while accept(",")
    guard accept("]") else { throw error("a JSON list is not closed") }
    return .array(elements)
  }

  private mutating func object(depth: Int) throws -> JSONValue {
    position += 1
    var members = [String: JSONValue]()
    if accept("}") { return .object(members) }
    repeat {
      skipSpace()
      guard position < bytes.count, bytes[position] == UInt8(ascii: "\"") else { throw error("a JSON key is missing") }
      let key = try string()
      guard members[key] == nil else { throw error("the key \"\(key.prefix(80))\" occurs twice") }
      guard accept(":") else { throw error("a JSON key has no value") }
      members[key] = try value(depth: depth + 1)
    } while accept(",")
    guard accept("}") else { throw error("a JSON object is not closed") }
    return .object(members)
  }

  private mutating func string() throws -> String {
    position += 1
    var text = [UInt8]()
    while true {
      let byte = try next()
      switch byte {
      case UInt8(ascii: "\""):
        guard let string = String(validating: text, as: UTF8.self) else { throw error("JSON text is not UTF-8") }
        return string
      case UInt8(ascii: "\\"): try escape(into: &text)
      case 0..<0x20: throw error("a control character in a JSON string")
      default: text.append(byte)
      }
    }
  }

  private mutating func escape(into text: inout [UInt8]) throws {
    let simple: [UInt8: UInt8] = [
      0x22: 0x22, 0x5C: 0x5C, 0x2F: 0x2F, 0x62: 0x08, 0x66: 0x0C, 0x6E: 0x0A, 0x72: 0x0D, 0x74: 0x09,
    ]
    let code = try next()
    if let plain = simple[code] { return text.append(plain) }
    guard code == UInt8(ascii: "u") else { throw error("unknown escape in a JSON string") }
    var unit = UInt32(try hexadecimal())
    if unit & 0xFC00 == 0xD800 {
      guard try next() == UInt8(ascii: "\\"), try next() == UInt8(ascii: "u") else {
        throw error("half a character in a JSON string")
      }
      let low = UInt32(try hexadecimal())
      guard low & 0xFC00 == 0xDC00 else { throw error("half a character in a JSON string") }
      unit = 0x10000 + (unit & 0x3FF) << 10 + low & 0x3FF
    }
    guard let scalar = Unicode.Scalar(unit) else { throw error("half a character in a JSON string") }
    text += Array(String(Character(scalar)).utf8)
  }

  private mutating func hexadecimal() throws -> UInt16 {
    var value: UInt16 = 0
    for _ in 0..<4 {
      guard let digit = Character(Unicode.Scalar(try next())).hexDigitValue else {
        throw error("unknown escape in a JSON string")
      }
      value = value << 4 | UInt16(digit)
    }
    return value
  }
}
