/// What one pickle says, as an inert tree: a graph of nodes in one array, addressed by number.
///
/// Shared references stay shared and cycles stay cycles, but no node owns another: releasing a hostile pickle,
/// however deep or cyclic, is the release of one array. Whoever walks the tree must bound its own depth.
public final class Pickle: Sendable {
  let nodes: [PickleNode]
  let rootIndex: Int32
  public let source: ByteSource
  /// The offset just after the pickle's STOP.
  public let end: Int

  init(nodes: [PickleNode], rootIndex: Int32, source: ByteSource, end: Int) {
    self.nodes = nodes
    self.rootIndex = rootIndex
    self.source = source
    self.end = end
  }

  /// The object the pickle stands for.
  public var root: PickleValue { PickleValue(pickle: self, index: rootIndex) }

  /// The number of nodes; the `identity` of every value is below it.
  public var count: Int { nodes.count }

  /// For every node, whether a value accepted by `isTarget` can be reached from it (itself included).
  ///
  /// Linear in the size of the graph, whatever its cycles and shared references.
  public func reaching(_ isTarget: (PickleValue) -> Bool) -> [Bool] {
    var parents = [[Int32]](repeating: [], count: nodes.count)
    for (index, node) in nodes.enumerated() {
      node.forEachChild { parents[Int($0)].append(Int32(index)) }
    }
    var reached = [Bool](repeating: false, count: nodes.count)
    var waiting = [Int32]()
    for index in nodes.indices where isTarget(PickleValue(pickle: self, index: Int32(index))) {
      reached[index] = true
      waiting.append(Int32(index))
    }
    while let index = waiting.popLast() {
      for parent in parents[Int(index)] where !reached[Int(parent)] {
        reached[Int(parent)] = true
        waiting.append(parent)
      }
    }
    return reached
  }

  /// Every persistent identifier in it, whether or not the root reaches it.
  public var persistentValues: [PickleValue] {
    nodes.indices.compactMap { index in
      guard case .persistent = nodes[index].kind else { return nil }
      return PickleValue(pickle: self, index: Int32(index))
    }
  }
}
