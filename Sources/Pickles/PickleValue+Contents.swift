/// Typed looks at a value; nil where it is something else.
extension PickleValue {
  public var isNone: Bool {
    if case .none = node.kind { return true }
    return false
  }

  /// A bool, or a NumPy one.
  public var bool: Bool? {
    if case .bool(let value) = node.kind { return value }
    if case .bool(let value)? = numpyScalar { return value }
    return nil
  }

  /// An integer that fits, NumPy's included; bool is not an integer here.
  public var integer: Int? {
    if case .integer(let value) = node.kind { return Int(value) }
    if case .integer(let value)? = numpyScalar { return Int(value) }
    return nil
  }

  /// A float or integer as a double, NumPy's included.
  public var number: Double? {
    switch node.kind {
    case .integer(let value): return Double(value)
    case .float(let value): return value
    default: break
    }
    switch numpyScalar {
    case .integer(let value)?: return Double(value)
    case .float(let value)?: return value
    default: return nil
    }
  }

  /// Text: a str, or Python 2's str read as Latin-1.
  public var text: String? {
    switch node.kind {
    case .string(let bytes): bytes.utf8
    case .byteString(let bytes): bytes.latin1
    default: nil
    }
  }

  /// The elements of a list or tuple.
  public var sequence: [PickleValue]? {
    switch node.kind {
    case .list, .tuple: node.elements.map(handle)
    default: nil
    }
  }

  /// Module and name joined by a dot, for a class or function.
  public var globalName: String? {
    guard case .global(let module, let name) = kind else { return nil }
    return "\(module).\(name)"
  }

  /// An unexecuted call or construction.
  public var object: PickleObject? {
    guard case .object(let object) = kind else { return nil }
    return object
  }

  /// The entries of a dict or one of its well-known subclasses, in order.
  public var entries: [(key: PickleValue, value: PickleValue)]? {
    switch kind {
    case .dictionary(let entries): return entries
    case .object(let object):
      guard let name = object.callable.globalName, Self.dictionaryClasses.contains(name) else { return nil }
      var entries = [(key: PickleValue, value: PickleValue)]()
      // Python 2 writes OrderedDict as a call with a list of pairs.
      for pair in object.arguments.sequence?.first?.sequence ?? [] {
        guard let pair = pair.sequence, pair.count == 2 else { return nil }
        entries.append((pair[0], pair[1]))
      }
      return entries + object.entries
    default: return nil
    }
  }

  private static let dictionaryClasses: Set<String> = [
    "collections.OrderedDict", "dnnlib.util.EasyDict", "builtins.dict", "__builtin__.dict",
  ]

  /// The last value under a text or bytes key, nil where there is none or this is no dict.
  public subscript(key: String) -> PickleValue? {
    entries?.last { $0.key.isNamed(key) }?.value
  }

  /// Whether this is the text `name`, as str, Python 2's str or bytes.
  public func isNamed(_ name: String) -> Bool {
    switch node.kind {
    case .string(let bytes), .byteString(let bytes), .bytes(let bytes): return bytes.equals(name)
    case .object:
      // Protocol 2 has no bytes: it writes them as a call on text.
      guard let call = object, call.callable.globalName == "_codecs.encode" else { return false }
      guard let text = call.arguments.sequence?.first?.node.kind, case .string(let bytes) = text else { return false }
      return bytes.equals(name) && name.utf8.allSatisfy { $0 < 0x80 }
    default: return false
    }
  }

  /// What this is, in a few words, for messages.
  public var summary: String {
    switch kind {
    case .none: "None"
    case .bool(let value): value ? "True" : "False"
    case .integer(let value): "\(value)"
    case .bigInteger(let bytes): "an integer of \(bytes.count) bytes"
    case .float(let value): "\(value)"
    case .string, .byteString: "\"\((text ?? "?").prefix(80))\""
    case .bytes(let bytes): "\(bytes.count) bytes"
    case .list(let elements): "a list of \(elements.count)"
    case .tuple(let elements): "a tuple of \(elements.count)"
    case .set(let elements): "a set of \(elements.count)"
    case .dictionary(let entries): "a dict of \(entries.count)"
    case .global(let module, let name): "\(module.prefix(80)).\(name.prefix(80))"
    case .object(let object): "an object made by \(object.callable.globalName?.prefix(160) ?? "something unnamed")"
    case .persistent: "a persistent identifier"
    }
  }
}
