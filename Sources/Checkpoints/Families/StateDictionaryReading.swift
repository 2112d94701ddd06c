import Basics

/// What tells EDM's and EDM2's networks from the names and shapes of their tensors.
protocol StateDictionaryReading {
  var tensors: [String: CheckpointTensor] { get }
  var file: String { get }
}

extension StateDictionaryReading {
  func fail(_ problem: String, _ tensor: String? = nil) -> InputError {
    InputError(problem, file: file, location: tensor.map { "tensor \"\($0)\"" })
  }

  func shape(_ name: String, axes: Int) throws -> [Int] {
    guard let shape = tensors.shape(of: name, axes: axes) else {
      throw fail("the network cannot be told without this tensor, of \(axes) axes", name)
    }
    return shape
  }

  func has(_ name: String) -> Bool { tensors[name] != nil }
}
