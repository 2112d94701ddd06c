import Basics
import CKernels
import Checkpoints
import OneDNN

/// A checkpoint turned into a program for one batch size: F, its embeddings and its preconditioner.
struct CompiledNetwork: Sendable {
  let imageShape: ImageShape
  let program: Program
  let preconditioner: Preconditioner
  let definition: any NetworkDefinition
  let activations: ElementType
  let kernels: KernelTable
  /// Channels of F's output, of which C in a row count.
  let outputChannels: Int
  /// How many convolutions can take bytes.
  let quantizableConvolutions: Int

  /// - Parameter plan: what becomes of the convolutions that can take bytes.
  /// - Throws: `InputError` naming any tensor that is missing, misshapen or left over.
  init(
    _ checkpoint: Checkpoint, batch: Int, activations: ElementType, plan: QuantizationPlan, kernels: KernelSet
  ) throws {
    let architecture = checkpoint.architecture
    // As the file's values become floats and those the kernels' own layout.
    try MemoryBudget.require(8 * checkpoint.valueCount, for: "the weights")
    let inventory = TensorInventory(checkpoint)
    let root = Parameters(inventory)
    imageShape = architecture.imageShape
    preconditioner = try Preconditioner(architecture.preconditioning, parameters: root)
    self.activations = activations
    self.kernels = kernels.table
    let builder = ProgramBuilder(
      batch: batch, type: activations, kernels: kernels.table, parameters: root.module("model"), quantization: plan)
    definition = architecture.network.definition
    let ports = try definition.build(in: builder)
    try inventory.finish(except: definition.unusedTensors)
    try builder.requireQuantizable()
    quantizableConvolutions = builder.quantizable.count
    outputChannels = ports.output.channels
    program = try builder.finish(ports)
  }
}
