import Basics
import CKernels
import Checkpoints
import OneDNN

/// A checkpoint turned into a program for one batch size: F, its embeddings and its preconditioner.
struct CompiledNetwork: Sendable {
  let imageShape: ImageShape
  let program: Program
  let preconditioner: Preconditioner
  let noiseEmbedding: NoiseEmbedding
  /// Added to the noise embedding before the first layer (SongUNet).
  let earlyLabels: LabelTable?
  /// Added after the second layer (DhariwalUNet).
  let lateLabels: LabelTable?
  let activations: ElementType
  let kernels: KernelTable
  /// Channels of F's output, of which the first C count.
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
    let model = root.module("model")
    imageShape = architecture.imageShape
    preconditioner = try Preconditioner(architecture.preconditioning, parameters: root)
    self.activations = activations
    self.kernels = kernels.table
    let builder = ProgramBuilder(
      batch: batch, type: activations, kernels: kernels.table, parameters: model, quantization: plan)
    let output: Activation
    let embedding: EmbeddingSteps
    let input: Activation
    switch architecture.network {
    case .song(let song):
      let channels = song.modelChannels * song.noiseEmbeddingMultiplier
      let width = song.modelChannels * song.embeddingMultiplier
      noiseEmbedding =
        song.embedding == .fourier
        ? try NoiseEmbedding(fourier: channels, parameters: model.module("map_noise"), swapsHalves: true)
        : NoiseEmbedding(positional: channels, endpoint: true, swapsHalves: true)
      earlyLabels =
        song.labelDimension == 0
        ? nil
        : try LabelTable(
          classes: song.labelDimension, channels: channels, scale: Float(song.labelDimension).squareRoot(),
          hasBias: true, parameters: model.module("map_label"))
      lateLabels = nil
      // Augmentation labels are zero here, and their layer has no bias: read it to know that it is there.
      if song.augmentDimension > 0 {
        _ = try model.module("map_augment").values("weight", [channels, song.augmentDimension])
      }
      input = builder.activation(channels: song.inputChannels, side: song.imageResolution)
      output = try builder.songUNet(song, input: input, embeddingChannels: width)
      embedding = try builder.embeddingSteps(inputs: channels, outputs: width, hasLateLabels: false)
      outputChannels = song.outputChannels
    case .dhariwal(let adm):
      let width = adm.modelChannels * adm.embeddingMultiplier
      noiseEmbedding = NoiseEmbedding(positional: adm.modelChannels, endpoint: false, swapsHalves: false)
      earlyLabels = nil
      lateLabels =
        adm.labelDimension == 0
        ? nil
        : try LabelTable(
          classes: adm.labelDimension, channels: width, scale: 1, hasBias: false,
          parameters: model.module("map_label"))
      if adm.augmentDimension > 0 {
        _ = try model.module("map_augment").values("weight", [adm.modelChannels, adm.augmentDimension])
      }
      input = builder.activation(channels: adm.inputChannels, side: adm.imageResolution)
      output = try builder.dhariwalUNet(adm, input: input, embeddingChannels: width)
      embedding = try builder.embeddingSteps(
        inputs: adm.modelChannels, outputs: width, hasLateLabels: lateLabels != nil)
      outputChannels = adm.outputChannels
    }
    try inventory.finish()
    try builder.requireQuantizable()
    quantizableConvolutions = builder.quantizable.count
    program = try builder.finish(
      input: input.buffer, embeddingInput: embedding.input, labelTerm: embedding.labels, embedding: embedding.output,
      embeddingChannels: embedding.channels, embeddingStepCount: embedding.stepCount, output: output.buffer)
  }
}

/// The layers that turn [cos, sin] into the embedding every block reads.
struct EmbeddingSteps {
  var input: Buffer
  var labels: Buffer?
  var output: Buffer
  var channels: Int
  var stepCount: Int
}

extension ProgramBuilder {
  /// silu(map_layer1(silu(map_layer0(e))) + labels), row by row in fp32.
  func embeddingSteps(inputs: Int, outputs: Int, hasLateLabels: Bool) throws -> EmbeddingSteps {
    let before = steps.count
    let input = buffer(bytes: batch * inputs * 4)
    let first = buffer(bytes: batch * outputs * 4)
    let second = buffer(bytes: batch * outputs * 4)
    try linear("map_layer0", from: input, to: first, inputs: inputs, outputs: outputs)
    silu("map_layer0", first, adding: nil, count: batch * outputs)
    try linear("map_layer1", from: first, to: second, inputs: outputs, outputs: outputs)
    let labels = hasLateLabels ? buffer(bytes: batch * outputs * 4) : nil
    silu("map_layer1", second, adding: labels, count: batch * outputs)
    return EmbeddingSteps(
      input: input, labels: labels, output: second, channels: outputs, stepCount: steps.count - before)
  }

  private func linear(_ name: String, from: Buffer, to: Buffer, inputs: Int, outputs: Int) throws {
    let layer = parameters.module(name)
    steps.append(
      try Step.linear(
        name, rows: batch, inputs: inputs, outputs: outputs, weights: layer.values("weight", [outputs, inputs]),
        bias: layer.values("bias", [outputs]), from: from, to: to))
  }

  private func silu(_ name: String, _ values: Buffer, adding term: Buffer?, count: Int) {
    add(name + ".silu", reads: [values] + (term.map { [$0] } ?? []), writes: [values]) { [kernels] memory in
      let x = memory.floats(values)
      let y = term.map { memory.floats($0) }
      let blend = kernels[.float32].blend
      let silu = kernels.functions.silu
      return {
        if let y { blend?(x, 1, y, 1, x, Int64(count)) }
        silu?(x, x, Int64(count))
      }
    }
  }
}
