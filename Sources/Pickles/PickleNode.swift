/// One node of a pickle's graph; children are numbers of other nodes.
struct PickleNode: Sendable {
  enum Kind: Sendable {
    case none
    case bool(Bool)
    case integer(Int64)
    case bigInteger(PickleBytes)
    case float(Double)
    case string(PickleBytes)
    case byteString(PickleBytes)
    case bytes(PickleBytes)
    case list
    case tuple
    case set
    case dictionary
    case global(module: Int32, name: Int32)
    case object(callable: Int32, arguments: Int32)
    case persistent(Int32)
  }

  var kind: Kind
  /// Elements of a list, tuple or set; what was appended to an object.
  var elements: [Int32] = []
  /// Keys and values in turn, of a dictionary or set on an object.
  var entries: [Int32] = []
  /// Of an object: BUILD's state and NEWOBJ_EX's keyword arguments.
  var state: Int32?
  var keywords: Int32?

  func forEachChild(_ body: (Int32) -> Void) {
    switch kind {
    case .global(let module, let name):
      body(module)
      body(name)
    case .object(let callable, let arguments):
      body(callable)
      body(arguments)
    case .persistent(let identifier):
      body(identifier)
    default:
      break
    }
    elements.forEach(body)
    entries.forEach(body)
    if let state { body(state) }
    if let keywords { body(keywords) }
  }
}
