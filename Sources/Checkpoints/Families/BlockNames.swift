import Basics

/// Renames the tensors of residual blocks and attentions to what `UNetBlock` calls them; no value is touched.
struct BlockNames {
  private let state: StateDictionary
  private(set) var tensors: [String: CheckpointTensor] = [:]
  private var taken: Set<String> = []

  init(_ state: StateDictionary) { self.state = state }

  /// What a file calls a module and what it is called here.
  typealias Pairs = [(theirs: String, ours: String)]

  /// Moves the weight and bias of a module.
  mutating func move(_ theirs: String, _ ours: String) {
    for part in [".weight", ".bias"] {
      guard let tensor = state.tensors[theirs + part] else { continue }
      taken.insert(theirs + part)
      tensors["model." + ours + part] = tensor
    }
  }

  mutating func move(_ theirs: String, _ ours: String, _ pairs: Pairs) {
    for pair in pairs { move(theirs + "." + pair.theirs, ours + "." + pair.ours) }
  }

  /// Moves 1×1 convolutions that the file holds as matrices or one-dimensional convolutions.
  mutating func movePointwise(_ theirs: String, _ ours: String, _ pairs: Pairs) {
    for pair in pairs {
      move(theirs + "." + pair.theirs, ours + "." + pair.ours)
      let name = "model.\(ours).\(pair.ours).weight"
      guard let tensor = tensors[name], (2...3).contains(tensor.shape.count) else { continue }
      let axes = [Int](repeating: 1, count: 4 - tensor.shape.count)
      tensors[name] = CheckpointTensor(
        elementType: tensor.elementType, shape: tensor.shape + axes, strides: tensor.strides + axes,
        offset: tensor.offset, source: tensor.source)
    }
  }

  /// Moves an embedding's table [K, C] as a linear layer's weights [C, K].
  mutating func moveTable(_ theirs: String, _ ours: String) {
    move(theirs, ours)
    let name = "model.\(ours).weight"
    guard let tensor = tensors[name], tensor.shape.count == 2 else { return }
    tensors[name] = CheckpointTensor(
      elementType: tensor.elementType, shape: tensor.shape.reversed(), strides: tensor.strides.reversed(),
      offset: tensor.offset, source: tensor.source)
  }

  /// With those that nobody moved, under their own names: the network will say that it has no use for them.
  var all: [String: CheckpointTensor] {
    tensors.merging(state.tensors.filter { !taken.contains($0.key) }) { first, _ in first }
  }
}
