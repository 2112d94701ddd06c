import Basics
import Checkpoints

/// The tensors of a checkpoint under a path prefix, taken by name so that nothing is missing and nothing left over.
package struct Parameters {
  let inventory: TensorInventory
  private let prefix: String

  package init(_ inventory: TensorInventory, prefix: String = "") {
    self.inventory = inventory
    self.prefix = prefix
  }

  /// The module's own path, such as `model.enc.32x32_block0.conv0`.
  var path: String { String(prefix.dropLast()) }

  /// The parameters of a child module.
  func module(_ name: String) -> Parameters { Parameters(inventory, prefix: prefix + name + ".") }

  /// - Throws: `InputError` naming the tensor when it is absent or has another shape.
  func values(_ name: String, _ shape: [Int]) throws -> [Float] {
    let tensor = try inventory.take(prefix + name, shape: shape)
    defer { tensor.giveBackPages() }
    return tensor.floats()
  }
}
