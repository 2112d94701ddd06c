import Basics
import CKernels
import OneDNN

/// An N×H×W×C activation of a program under construction.
struct Activation {
  var buffer: Buffer
  var channels: Int
  /// Height and width.
  var side: Int
  var type: ElementType
  /// What its bytes stand for, where it has bytes.
  var range: ByteRange?

  var positions: Int { side * side }
  /// Bytes of one image.
  var imageBytes: Int { channels * positions * type.byteCount }
}

/// A picture of twice the side in four parts, by the parity of row and column: part 2·a + b holds the positions
/// (2y + a, 2x + b).
struct Phases {
  var parts: [Activation]
}

/// Collects the steps of a network for one batch size, reading parameters as it goes.
final class ProgramBuilder {
  let batch: Int
  let type: ElementType
  let kernels: KernelTable
  let parameters: Parameters
  let quantization: QuantizationPlan
  /// Takes note of the convolutions instead of making them; nil for a network that is to run.
  var survey: ConvolutionSurvey?
  /// The paths of the convolutions that can take bytes, as far as the network has been read.
  var quantizable: Set<String> = []
  private var sizes: [Int] = []
  private var steps: [Step] = []
  /// Those that come before all others.
  var embeddingSteps: [Step] = []
  /// What they end in.
  var embedding: Embedding?
  /// Operations that the network as described has and its steps have not.
  var savedArithmetic = 0
  /// Every block's affine layer, run as one product: weights and biases end to end.
  private var affineWeights: [Float] = []
  private var affineBiases: [Float] = []
  private(set) var affineBuffer: Buffer?
  /// Told to the steps that read the joint product once its width is known.
  var affineWidths: [AffineWidth] = []

  init(
    batch: Int, type: ElementType, kernels: KernelTable, parameters: Parameters, quantization: QuantizationPlan
  ) {
    self.batch = batch
    self.type = type
    self.kernels = kernels
    self.parameters = parameters
    self.quantization = quantization
  }

  func buffer(bytes: Int) -> Buffer {
    sizes.append(bytes)
    return Buffer(id: sizes.count - 1)
  }

  func activation(channels: Int, side: Int, type: ElementType? = nil, range: ByteRange? = nil) -> Activation {
    let type = range == nil ? type ?? self.type : .uint8
    return Activation(
      buffer: buffer(bytes: batch * channels * side * side * type.byteCount), channels: channels, side: side,
      type: type, range: range)
  }

  func add(
    _ name: String, reads: [Buffer], writes: [Buffer], scratchpadSize: Int = 0, implementation: String = "fused",
    arithmetic: Int = 0, bind: @escaping @Sendable (WorkerMemory) throws -> BoundStep
  ) {
    steps.append(
      Step(
        name: name, reads: reads, writes: writes, scratchpadSize: scratchpadSize, implementation: implementation,
        arithmetic: arithmetic, bind: bind))
  }

  /// Sets aside `outputs` columns of the joint affine product for one block; returns their offset.
  func addAffine(weights: [Float], bias: [Float]) -> Int {
    affineWeights += weights
    affineBiases += bias
    if affineBuffer == nil { affineBuffer = buffer(bytes: 0) }
    return affineBiases.count - bias.count
  }

  /// The width of the joint affine product so far; complete once every block has been added.
  var affineWidth: Int { affineBiases.count }

  /// Closes the program: the embedding's steps run first, then the blocks' joint affine layer, then all others.
  func finish(_ ports: NetworkPorts) throws -> Program {
    var ordered = embeddingSteps
    if let affineBuffer {
      guard let embedding else { preconditionFailure("blocks read an embedding that no steps make") }
      sizes[affineBuffer.id] = batch * affineWidth * 4
      for width in affineWidths { width.value = affineWidth }
      ordered.append(
        try Step.linear(
          "affine", rows: batch, inputs: embedding.channels, outputs: affineWidth, weights: affineWeights,
          bias: affineBiases, from: embedding.buffer, to: affineBuffer))
    }
    let conditionSteps = ordered.count
    ordered += steps
    var pinned = Set([ports.input.buffer, ports.output.buffer] + ports.conditions.map(\.buffer))
    if ports.keepsConditions, let affineBuffer { pinned.insert(affineBuffer) }
    let program = Program(
      batch: batch, steps: ordered,
      plan: MemoryPlan(sizes: sizes, steps: ordered.map { $0.reads + $0.writes }, pinned: pinned),
      scratchpadSize: ordered.map(\.scratchpadSize).max() ?? 0, input: ports.input.buffer,
      conditions: ports.conditions, output: ports.output.buffer, savedArithmetic: savedArithmetic,
      keptSteps: ports.keepsConditions ? conditionSteps : 0)
    try MemoryBudget.require(program.workerBytes, for: "a worker's activations")
    return program
  }
}

/// The width of the joint affine product, filled in when the builder finishes and read-only from then on.
final class AffineWidth: @unchecked Sendable {
  // Written once, before the program that holds it can be seen by another thread.
  var value = 0
}
