import Basics

/// Hands out a checkpoint's tensors one by one while a network is built, so that none is missing and none left over.
///
/// ```swift
/// let inventory = TensorInventory(checkpoint)
/// let weight = try inventory.take("model.map_layer0.weight", shape: [128, 32]).floats()
/// let bias = try inventory.takeIfPresent("model.map_layer0.bias", shape: [128])
/// try inventory.finish()
/// ```
/// Use it from one thread. A tensor may be taken once.
public final class TensorInventory {
  public let file: String
  private let tensors: [String: CheckpointTensor]
  private var taken: Set<String> = []

  public init(_ checkpoint: Checkpoint) {
    file = checkpoint.file
    tensors = checkpoint.tensors
  }

  /// The tensor called `name`, which must have exactly this shape.
  ///
  /// - Throws: `InputError` naming the file and the tensor when it is missing, or the shapes expected and found.
  public func take(_ name: String, shape: [Int]) throws -> CheckpointTensor {
    guard let tensor = try takeIfPresent(name, shape: shape) else {
      let lowered = name.lowercased()
      let sibling = tensors.keys.first { $0.lowercased() == lowered }
      throw InputError(
        "the network needs this tensor, and the file has none of that name", file: file,
        location: "tensor \"\(name)\"", expected: "shape \(shape)", found: sibling.map { "\"\($0)\"" })
    }
    return tensor
  }

  /// The tensor called `name`, nil where there is none.
  ///
  /// - Throws: `InputError` where it is there with another shape.
  public func takeIfPresent(_ name: String, shape: [Int]) throws -> CheckpointTensor? {
    guard let tensor = tensors[name] else { return nil }
    guard tensor.shape == shape else {
      throw InputError(
        "the tensor does not fit the network", file: file, location: "tensor \"\(name)\"", expected: "shape \(shape)",
        found: "\(tensor.shape)")
    }
    precondition(taken.insert(name).inserted, "tensor \(name) is taken twice")
    return tensor
  }

  /// Whether the file has a tensor called `name`, taken or not.
  public func contains(_ name: String) -> Bool { tensors[name] != nil }

  /// The names nobody has taken yet, sorted.
  public var remaining: [String] { tensors.keys.filter { !taken.contains($0) }.sorted() }

  /// To be called when the network is complete.
  ///
  /// - Parameter unused: names that may be left over.
  /// - Throws: `InputError` naming the tensors that were never taken: the network does not understand them.
  public func finish(except unused: Set<String> = []) throws {
    let remaining = remaining.filter { !unused.contains($0) }
    guard let first = remaining.first else { return }
    let names = remaining.prefix(5).map { "\"\($0)\" \(tensors[$0]?.shape ?? [])" }.joined(separator: ", ")
    let more = remaining.count > 5 ? " and \(remaining.count - 5) more" : ""
    throw InputError(
      "the network has no use for \(remaining.count) of the file's \(tensors.count) tensors", file: file,
      location: "tensor \"\(first)\"", expected: "every tensor to be used", found: names + more)
  }
}
