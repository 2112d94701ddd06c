import Basics

extension PickleMachine {
  /// Carries out one instruction other than STOP.
  mutating func execute(_ opcode: PickleOpcode) throws {
    switch opcode {
    case .stop: preconditionFailure("STOP ends the run")
    case .proto:
      let version = try cursor.byte()
      guard version <= 5 else { throw error("unknown pickle protocol", expected: "0 to 5", found: "\(version)") }
    case .frame: try frame()

    // Stack and memo.
    case .mark: marks.append(stack.count)
    case .pop:
      if let height = marks.last, height == stack.count { marks.removeLast() } else { _ = try pop() }
    case .popMark: _ = try popToMark()
    case .dup: stack.append(try top())
    case .memoize: try remember(UInt64(memo.count))
    case .put: try remember(memoKey())
    case .binPut: try remember(cursor.unsigned(width: 1))
    case .longBinPut: try remember(cursor.unsigned(width: 4))
    case .get: try recall(memoKey())
    case .binGet: try recall(cursor.unsigned(width: 1))
    case .longBinGet: try recall(cursor.unsigned(width: 4))

    // Numbers.
    case .none: try push(.none)
    case .newTrue: try push(.bool(true))
    case .newFalse: try push(.bool(false))
    case .binInt: try push(.integer(Int64(Int32(truncatingIfNeeded: cursor.unsigned(width: 4)))))
    case .binInt1: try push(.integer(Int64(cursor.unsigned(width: 1))))
    case .binInt2: try push(.integer(Int64(cursor.unsigned(width: 2))))
    case .long1: try pushLong(cursor.counted(width: 1, what: "an integer"))
    case .long4:
      let length = Int32(truncatingIfNeeded: try cursor.unsigned(width: 4))
      guard length >= 0 else { throw error("an integer has a negative size", found: "\(length)") }
      try pushLong(PickleBytes(source: cursor.source, range: cursor.take(UInt64(length), what: "an integer")))
    case .binFloat: try push(.float(Double(bitPattern: cursor.unsigned(width: 8).byteSwapped)))
    case .int, .long, .float: try pushWrittenNumber(opcode)

    // Text and bytes.
    case .shortBinUnicode: try push(.string(cursor.counted(width: 1, what: "a string")))
    case .binUnicode: try push(.string(cursor.counted(width: 4, what: "a string")))
    case .binUnicode8: try push(.string(cursor.counted(width: 8, what: "a string")))
    case .shortBinString: try push(.byteString(cursor.counted(width: 1, what: "a string")))
    case .binString: try push(.byteString(cursor.counted(width: 4, what: "a string")))
    case .shortBinBytes: try push(.bytes(cursor.counted(width: 1, what: "a run")))
    case .binBytes: try push(.bytes(cursor.counted(width: 4, what: "a run")))
    case .binBytes8, .byteArray8: try push(.bytes(cursor.counted(width: 8, what: "a run")))
    case .string: try push(.byteString(quotedString()))
    case .unicode: try push(.string(escapedUnicode()))

    default: try executeStructure(opcode)
    }
  }

  private mutating func memoKey() throws -> UInt64 {
    let line = try cursor.line()
    guard line.count <= 20, let key = line.utf8.flatMap({ UInt64($0) }) else {
      throw error("not a memo number", found: "\"\(line.latin1.prefix(40))\"")
    }
    return key
  }

  private mutating func pushLong(_ bytes: PickleBytes) throws {
    guard bytes.count <= 8 else { return try push(.bigInteger(bytes)) }
    let value = bytes.withUnsafeBytes { bytes in
      bytes.reversed().reduce(bytes.last.map { $0 >= 0x80 ? -1 : 0 } ?? 0) { $0 << 8 | Int64($1) }
    }
    try push(.integer(value))
  }

  /// INT, LONG and FLOAT of protocol 0: decimal text, where "01" and "00" are INT's bools.
  private mutating func pushWrittenNumber(_ opcode: PickleOpcode) throws {
    let line = try cursor.line()
    var text = line.count <= 400 ? line.utf8 ?? "" : ""
    if opcode == .int, text == "01" || text == "00" { return try push(.bool(text == "01")) }
    if opcode == .long, text.hasSuffix("L") { text.removeLast() }
    if opcode == .float, let value = Double(text) { return try push(.float(value)) }
    if opcode != .float, let value = Int64(text) { return try push(.integer(value)) }
    throw error("not a number of at most 64 bits", found: "\"\(line.latin1.prefix(40))\"")
  }
}
