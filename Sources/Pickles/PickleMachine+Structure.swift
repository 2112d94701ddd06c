import Basics

/// Containers, names, objects.
extension PickleMachine {
  mutating func executeStructure(_ opcode: PickleOpcode) throws {
    switch opcode {
    case .emptyList: try push(.list)
    case .emptyTuple: try push(.tuple)
    case .emptyDict: try push(.dictionary)
    case .emptySet: try push(.set)
    case .list: try push(PickleNode(kind: .list, elements: popToMark()))
    case .tuple: try push(PickleNode(kind: .tuple, elements: popToMark()))
    case .frozenSet: try push(PickleNode(kind: .set, elements: popToMark()))
    case .tuple1: try pushTuple(1)
    case .tuple2: try pushTuple(2)
    case .tuple3: try pushTuple(3)
    case .dict:
      let entries = try checkedEntries(popToMark())
      try push(PickleNode(kind: .dictionary, entries: entries))
    case .append:
      let value = try pop()
      try append([value])
    case .appends, .addItems: try append(popToMark())
    case .setItem:
      let value = try pop()
      let key = try pop()
      try setItems([key, value])
    case .setItems: try setItems(popToMark())

    case .global:
      try push(.string(name(cursor.line())))
      try push(.string(name(cursor.line())))
      try pushGlobal()
    case .stackGlobal: try pushGlobal()
    case .reduce, .newObj:
      let arguments = try popTuple()
      let callable = try pop()
      try push(.object(callable: callable, arguments: arguments))
    case .newObjEx:
      let keywords = try pop()
      guard case .dictionary = nodes[Int(keywords)].kind else { throw error("keyword arguments are not a dict") }
      let arguments = try popTuple()
      let callable = try pop()
      try push(PickleNode(kind: .object(callable: callable, arguments: arguments), keywords: keywords))
    case .obj, .inst: try pushInstance(opcode)
    case .build: try build()
    case .persid:
      try push(.string(cursor.line()))
      try push(.persistent(pop()))
    case .binPersid: try push(.persistent(pop()))

    case .ext1, .ext2, .ext4: throw error("the pickle uses the extension registry (EXT), which is not supported")
    case .nextBuffer, .readOnlyBuffer:
      throw error("the pickle keeps data outside itself (NEXT_BUFFER), which is not supported")
    default: preconditionFailure("not a structural instruction")
    }
  }

  private mutating func append(_ values: [Int32]) throws {
    let target = Int(try top())
    switch nodes[target].kind {
    case .list, .set, .object: nodes[target].elements += values
    default: throw error("something is appended to what is no list, set or object")
    }
  }

  private mutating func setItems(_ entries: [Int32]) throws {
    let target = Int(try top())
    switch nodes[target].kind {
    case .dictionary, .object: nodes[target].entries += try checkedEntries(entries)
    default: throw error("an item is set on what is no dict or object")
    }
  }

  private func checkedEntries(_ entries: [Int32]) throws -> [Int32] {
    guard entries.count.isMultiple(of: 2) else { throw error("a key has no value") }
    for key in stride(from: 0, to: entries.count, by: 2) {
      switch nodes[Int(entries[key])].kind {
      case .list, .dictionary: throw error("a list or dict is used as a key")
      default: break
      }
    }
    return entries
  }

  private func name(_ bytes: PickleBytes) throws -> PickleBytes {
    guard bytes.count <= limits.nameLength, bytes.utf8 != nil else {
      throw error("the name of a module or class is no short text", found: "\(bytes.count) bytes")
    }
    return bytes
  }

  private mutating func pushGlobal() throws {
    let function = try pop()
    let module = try pop()
    for part in [module, function] {
      switch nodes[Int(part)].kind {
      case .string(let bytes), .byteString(let bytes): _ = try name(bytes)
      default: throw error("the name of a module or class is not text")
      }
    }
    try push(.global(module: module, name: function))
  }

  private mutating func popTuple() throws -> Int32 {
    let arguments = try pop()
    guard case .tuple = nodes[Int(arguments)].kind else { throw error("a call's arguments are not a tuple") }
    return arguments
  }

  /// OBJ and INST of protocols 0 and 1: a class and its arguments above a mark.
  private mutating func pushInstance(_ opcode: PickleOpcode) throws {
    var values = try popToMark()
    if opcode == .inst {
      try push(.string(name(cursor.line())))
      try push(.string(name(cursor.line())))
      try pushGlobal()
      values.insert(try pop(), at: 0)
    }
    guard let callable = values.first else { throw error("OBJ without a class") }
    try push(PickleNode(kind: .tuple, elements: Array(values.dropFirst())))
    try push(.object(callable: callable, arguments: pop()))
  }

  private mutating func build() throws {
    let state = try pop()
    let target = Int(try top())
    guard case .object = nodes[target].kind else { throw error("BUILD on what is no object") }
    guard nodes[target].state == nil else { throw error("BUILD twice on one object") }
    nodes[target].state = state
  }
}
