import Basics

/// The stack machine that pickles are programs for, building nodes instead of objects.
struct PickleMachine {
  var cursor: PickleCursor
  let limits: PickleLimits
  var nodes: [PickleNode] = []
  var stack: [Int32] = []
  /// Stack heights at the MARKs still open.
  var marks: [Int] = []
  var memo: [UInt64: Int32] = [:]
  /// The offset of the instruction being carried out.
  var offset = 0
  private var frameEnd = 0

  init(cursor: PickleCursor, limits: PickleLimits) {
    self.cursor = cursor
    self.limits = limits
  }

  mutating func run() throws -> Pickle {
    for _ in 0..<limits.instructions {
      offset = cursor.position
      let code = try cursor.byte()
      guard let opcode = PickleOpcode(rawValue: code) else {
        throw error("unknown pickle instruction", found: "byte 0x\(String(code, radix: 16))")
      }
      if opcode == .stop {
        return Pickle(nodes: nodes, rootIndex: try pop(), source: cursor.source, end: cursor.position)
      }
      try execute(opcode)
    }
    throw error("the pickle has more than \(limits.instructions) instructions")
  }

  func error(_ problem: String, expected: String? = nil, found: String? = nil) -> InputError {
    cursor.error(problem, at: offset, expected: expected, found: found)
  }

  mutating func frame() throws {
    let length = try cursor.unsigned(width: 8)
    let left = cursor.end - cursor.position
    guard length <= UInt64(left) else {
      throw error("a frame of \(length) bytes is cut off", found: "\(left) bytes")
    }
    guard offset >= frameEnd else { throw error("a frame begins inside another") }
    frameEnd = cursor.position + Int(length)
  }

  // MARK: Stack

  mutating func push(_ kind: PickleNode.Kind) throws { try push(PickleNode(kind: kind)) }

  mutating func push(_ node: PickleNode) throws {
    guard nodes.count < limits.nodes else { throw error("the pickle holds more than \(limits.nodes) values") }
    stack.append(Int32(nodes.count))
    nodes.append(node)
  }

  mutating func pop() throws -> Int32 {
    guard stack.count > marks.last ?? 0 else { throw error("the pickle's stack is empty") }
    return stack.removeLast()
  }

  func top() throws -> Int32 {
    guard stack.count > marks.last ?? 0, let last = stack.last else { throw error("the pickle's stack is empty") }
    return last
  }

  /// The values above the last MARK, and the MARK with them.
  mutating func popToMark() throws -> [Int32] {
    guard let height = marks.popLast() else { throw error("the pickle has no mark on its stack") }
    let values = Array(stack[height...])
    stack.removeLast(values.count)
    return values
  }

  mutating func pushTuple(_ count: Int) throws {
    var elements = [Int32]()
    for _ in 0..<count { elements.append(try pop()) }
    elements.reverse()
    try push(PickleNode(kind: .tuple, elements: elements))
  }

  // MARK: Memo

  mutating func remember(_ key: UInt64) throws {
    // MEMOIZE counts the memo's entries, so an entry may be replaced but never removed.
    memo[key] = try top()
  }

  mutating func recall(_ key: UInt64) throws {
    guard let index = memo[key] else { throw error("memo \(key) was never set") }
    stack.append(index)
  }
}
