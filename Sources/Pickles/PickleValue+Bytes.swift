import Basics

extension PickleValue {
  /// The bytes this value stands for, nil where it stands for something else.
  ///
  /// Bytes and Python 2's str as they lie in the file; also what protocol 2 makes of Python 3's bytes: a call of
  /// `_codecs.encode` on text whose characters are the bytes, which is decoded into new memory.
  /// - Throws: `InputError` where such text holds a character above 255.
  public func rawBytes() throws -> PickleBytes? {
    switch kind {
    case .bytes(let bytes), .byteString(let bytes): return bytes
    case .object(let call):
      let arguments = call.arguments.sequence ?? []
      switch call.callable.globalName {
      case "_codecs.encode":
        guard arguments.count == 2, case .string(let text) = arguments[0].kind,
          ["latin1", "latin-1", "iso-8859-1"].contains(arguments[1].text)
        else { return nil }
        return try Self.encodeLatin1(text)
      case "builtins.bytes", "__builtin__.bytes", "builtins.bytearray", "__builtin__.bytearray":
        if arguments.isEmpty { return PickleBytes(source: pickle.source, range: 0..<0) }
        guard arguments.count == 1, case .bytes(let bytes) = arguments[0].kind else { return nil }
        return bytes
      default: return nil
      }
    default: return nil
    }
  }

  private static func encodeLatin1(_ text: PickleBytes) throws -> PickleBytes {
    try text.withUnsafeBytes { utf8 in
      let count = utf8.reduce(into: 0) { $0 += $1 & 0xC0 != 0x80 ? 1 : 0 }
      let source = try ByteSource(name: text.source.name, count: count) { output in
        var at = 0
        var position = 0
        while position < utf8.count {
          let byte = utf8[position]
          if byte < 0x80 {
            output[at] = byte
            position += 1
          } else if byte == 0xC2 || byte == 0xC3, position + 1 < utf8.count, utf8[position + 1] & 0xC0 == 0x80 {
            output[at] = byte << 6 | utf8[position + 1] & 0x3F
            position += 2
          } else {
            throw InputError(
              "encoded bytes hold a character that is no byte", file: text.source.name,
              location: "offset \(text.range.lowerBound + position)")
          }
          at += 1
        }
      }
      return PickleBytes(source: source, range: 0..<count)
    }
  }
}
