/// One value of a pickle: a light handle that keeps the pickle alive. Nothing it describes was ever executed.
public struct PickleValue: Sendable {
  public let pickle: Pickle
  let index: Int32

  /// What a value is.
  public enum Kind: Sendable {
    case none
    case bool(Bool)
    case integer(Int64)
    /// An integer beyond 64 bits: two's complement, least significant byte first.
    case bigInteger(PickleBytes)
    case float(Double)
    /// Python 3's str (Python 2's unicode), in UTF-8 (not yet validated).
    case string(PickleBytes)
    /// Python 2's str: bytes that may be text.
    case byteString(PickleBytes)
    case bytes(PickleBytes)
    case list([PickleValue])
    case tuple([PickleValue])
    case set([PickleValue])
    /// In the order written; keys may repeat, and the last one counts.
    case dictionary([(key: PickleValue, value: PickleValue)])
    /// A class or function by name only.
    case global(module: String, name: String)
    /// A call or construction that was not carried out.
    case object(PickleObject)
    /// A persistent identifier.
    case persistent(PickleValue)
  }

  /// The number of the node: equal for two references to the same Python object, different otherwise.
  public var identity: Int { Int(index) }

  public var kind: Kind {
    let node = node
    switch node.kind {
    case .none: return .none
    case .bool(let value): return .bool(value)
    case .integer(let value): return .integer(value)
    case .bigInteger(let bytes): return .bigInteger(bytes)
    case .float(let value): return .float(value)
    case .string(let bytes): return .string(bytes)
    case .byteString(let bytes): return .byteString(bytes)
    case .bytes(let bytes): return .bytes(bytes)
    case .list: return .list(node.elements.map(handle))
    case .tuple: return .tuple(node.elements.map(handle))
    case .set: return .set(node.elements.map(handle))
    case .dictionary: return .dictionary(pairs(node.entries))
    case .global(let module, let name):
      return .global(module: handle(module).text ?? "?", name: handle(name).text ?? "?")
    case .object(let callable, let arguments):
      return .object(
        PickleObject(
          callable: handle(callable), arguments: handle(arguments), keywords: node.keywords.map(handle),
          state: node.state.map(handle), elements: node.elements.map(handle), entries: pairs(node.entries)))
    case .persistent(let identifier): return .persistent(handle(identifier))
    }
  }

  var node: PickleNode { pickle.nodes[Int(index)] }

  func handle(_ index: Int32) -> PickleValue { PickleValue(pickle: pickle, index: index) }

  private func pairs(_ entries: [Int32]) -> [(key: PickleValue, value: PickleValue)] {
    stride(from: 0, to: entries.count - 1, by: 2).map { (handle(entries[$0]), handle(entries[$0 + 1])) }
  }
}

/// An object that unpickling would have made: `callable(*arguments, **keywords)`, then its state and contents.
public struct PickleObject: Sendable {
  public let callable: PickleValue
  public let arguments: PickleValue
  public let keywords: PickleValue?
  /// What BUILD would have given to `__setstate__` or `__dict__`.
  public let state: PickleValue?
  /// What APPENDS or ADDITEMS would have added.
  public let elements: [PickleValue]
  /// What SETITEMS would have set.
  public let entries: [(key: PickleValue, value: PickleValue)]
}
