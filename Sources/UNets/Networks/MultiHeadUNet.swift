import Basics
import Checkpoints
import OneDNN

/// A trunk over patches without label input, and a head for each class and for none (Docs/Networks.md, MultiHeadUNet).
struct MultiHeadUNet: NetworkDefinition {
  let architecture: MultiHeadUNetArchitecture

  var patch: Int { architecture.patch }
  var answersAllLabels: Bool { true }

  func firstOutputChannel(of label: Int?) -> Int {
    precondition(label.map { (0..<architecture.labelDimension).contains($0) } ?? true)
    return (label ?? architecture.labelDimension) * architecture.patchChannels
  }

  func build(in builder: ProgramBuilder) throws -> NetworkPorts {
    let input = builder.activation(channels: architecture.patchChannels, side: architecture.side(0))
    let levels = try encoder(builder, input)
    let x = try decoder(builder, levels)
    let norm = try GroupNorm(
      channels: x.channels, epsilon: Self.epsilon, parameters: builder.parameters.module("out_norm"))
    let module = builder.parameters.module("out_conv")
    let outputs = architecture.heads * architecture.patchChannels
    // Whole vectors of outputs: what is left over would take a kernel of its own.
    let padded = (outputs + Self.vector - 1) / Self.vector * Self.vector
    builder.savedArithmetic -= 2 * builder.batch * x.positions * x.channels * (padded - outputs)
    // All heads are one product: the trunk's last activation is read once.
    let output = try builder.outputConvolution(
      "out_conv", builder.groupNorm("out_norm", x, nil, norm, silu: true), outputChannels: padded, kernel: 1,
      weights: module.values("weight", [outputs, x.channels, 1, 1])
        + [Float](repeating: 0, count: (padded - outputs) * x.channels),
      bias: module.values("bias", [outputs]) + [Float](repeating: 0, count: padded - outputs))
    let embedding = try builder.embeddingLayers(
      inputs: architecture.noiseChannels, outputs: architecture.embeddingChannels, hasLabelTerm: false)
    let noise = NoiseEmbedding(positional: architecture.noiseChannels, endpoint: false, swapsHalves: false)
    return NetworkPorts(
      input: input, conditions: [ConditionRows(buffer: embedding.input, noise: noise)], output: output,
      keepsConditions: true)
  }

  private static let epsilon: Float = 1e-5
  private static let vector = 16

  private func name(_ level: Int) -> String { "\(architecture.side(level))x\(architecture.side(level))" }

  private func unetBlock(_ inputs: Int, _ outputs: Int, halves: Bool = false) -> UNetBlock {
    UNetBlock(
      inputChannels: inputs, outputChannels: outputs, embeddingChannels: architecture.embeddingChannels,
      resampling: halves ? .down : nil,
      style: UNetBlock.Style(
        epsilon: Self.epsilon, skipScale: 1, projectsResampled: false, hasAdaptiveScale: true, filterTaps: 2,
        storesFilters: false))
  }

  /// Returns the last activation of every level, the finest first.
  private func encoder(_ builder: ProgramBuilder, _ input: Activation) throws -> [Activation] {
    let encoder = builder.parameters.module("enc")
    var x = try convolution(
      builder, "enc.\(name(0))_conv", input, architecture.channels[0], 3, encoder.module(name(0) + "_conv"))
    var levels: [Activation] = []
    for (level, channels) in architecture.channels.enumerated() {
      for index in 0..<architecture.encoderBlocks[level] {
        let blockName = "\(name(level))_block\(index)"
        x = try builder.block(
          "enc." + blockName, unetBlock(x.channels, channels, halves: level > 0 && index == 0), x,
          overwrites: true, parameters: encoder.module(blockName))
      }
      levels.append(x)
    }
    return levels
  }

  /// Doubles the lowest level's activation up to the finest side, adding each level's own.
  private func decoder(_ builder: ProgramBuilder, _ levels: [Activation]) throws -> Activation {
    let decoder = builder.parameters.module("dec")
    var x = levels[levels.count - 1]
    for level in levels.indices.dropLast().reversed() {
      let lift = "dec.\(name(level))_lift"
      let small = try convolution(
        builder, lift, x, architecture.channels[level], 1, decoder.module(name(level) + "_lift"))
      x = builder.resample(lift, small, ResampleFilter(plain: .up))
      builder.blend(lift, x, 1, levels[level], 1, into: x)
      for index in 0..<architecture.decoderBlocks[level] {
        let blockName = "\(name(level))_block\(index)"
        x = try builder.block(
          "dec." + blockName, unetBlock(x.channels, x.channels), x, overwrites: true,
          parameters: decoder.module(blockName))
      }
    }
    return x
  }

  private func convolution(
    _ builder: ProgramBuilder, _ name: String, _ source: Activation, _ outputs: Int, _ kernel: Int,
    _ module: Parameters
  ) throws -> Activation {
    try builder.convolution(
      name, source, outputChannels: outputs, kernel: kernel,
      weights: module.values("weight", [outputs, source.channels, kernel, kernel]),
      bias: module.values("bias", [outputs]))
  }
}
