import Basics
import Checkpoints
import OneDNN

/// DhariwalUNet: ADM (Docs/Networks.md, DhariwalUNet).
struct DhariwalUNet: NetworkDefinition {
  let architecture: DhariwalUNetArchitecture

  func build(in builder: ProgramBuilder) throws -> NetworkPorts {
    let parameters = builder.parameters
    let channels = architecture.modelChannels
    let classes = architecture.labelDimension
    let noise = NoiseEmbedding(positional: channels, endpoint: false, swapsHalves: false)
    let labels =
      classes == 0
      ? nil
      : try LabelTable(
        classes: classes, channels: embeddingChannels, scale: 1, hasBias: false,
        parameters: parameters.module("map_label"))
    if architecture.augmentDimension > 0 {
      _ = try parameters.module("map_augment").values("weight", [channels, architecture.augmentDimension])
    }
    let input = builder.activation(channels: architecture.inputChannels, side: architecture.imageResolution)
    let (top, skips) = try encoder(builder, input)
    let output = try decoder(builder, top, skips)
    let embedding = try builder.embeddingLayers(
      inputs: channels, outputs: embeddingChannels, hasLabelTerm: labels != nil)
    return NetworkPorts(
      input: input,
      conditions: [ConditionRows(buffer: embedding.input, noise: noise)]
        + (embedding.labels.map { [ConditionRows(buffer: $0, labels: labels)] } ?? []),
      output: output)
  }

  private static let epsilon: Float = 1e-5

  private var embeddingChannels: Int { architecture.modelChannels * architecture.embeddingMultiplier }

  private func side(_ level: Int) -> Int { architecture.imageResolution >> level }

  private func unetBlock(
    _ inputs: Int, _ outputs: Int, _ resampling: ResampleFilter.Direction? = nil, attends: Bool = false
  ) -> UNetBlock {
    UNetBlock(
      inputChannels: inputs, outputChannels: outputs, embeddingChannels: embeddingChannels, resampling: resampling,
      heads: attends ? outputs / 64 : 0,
      style: UNetBlock.Style(
        epsilon: Self.epsilon, skipScale: 1, projectsResampled: false, hasAdaptiveScale: true, filterTaps: 2))
  }

  /// Returns its last activation and those that the decoder takes up.
  private func encoder(
    _ builder: ProgramBuilder, _ input: Activation
  ) throws -> (top: Activation, skips: [Activation]) {
    let encoder = builder.parameters.module("enc")
    var skips: [Activation] = []
    var x = input
    for (level, multiplier) in architecture.channelMultipliers.enumerated() {
      let side = side(level)
      let name = "\(side)x\(side)"
      let channels = architecture.modelChannels * multiplier
      if level == 0 {
        let module = encoder.module(name + "_conv")
        x = try builder.convolution(
          "enc.\(name)_conv", input, outputChannels: channels, kernel: 3,
          weights: module.values("weight", [channels, architecture.inputChannels, 3, 3]),
          bias: module.values("bias", [channels]))
      } else {
        x = try builder.block(
          "enc.\(name)_down", unetBlock(x.channels, x.channels, .down), x,
          parameters: encoder.module(name + "_down"))
      }
      skips.append(x)
      for index in 0..<architecture.blocks {
        let blockName = "\(name)_block\(index)"
        x = try builder.block(
          "enc." + blockName,
          unetBlock(x.channels, channels, attends: architecture.attentionResolutions.contains(side)), x,
          parameters: encoder.module(blockName))
        skips.append(x)
      }
    }
    return (x, skips)
  }

  private func decoder(
    _ builder: ProgramBuilder, _ top: Activation, _ stored: [Activation]
  ) throws -> Activation {
    var x = top
    var skips = stored
    let decoder = builder.parameters.module("dec")
    for (level, multiplier) in architecture.channelMultipliers.enumerated().reversed() {
      let side = side(level)
      let name = "\(side)x\(side)"
      if level == architecture.channelMultipliers.count - 1 {
        x = try builder.block(
          "dec.\(name)_in0", unetBlock(x.channels, x.channels, attends: true), x,
          parameters: decoder.module(name + "_in0"))
        x = try builder.block(
          "dec.\(name)_in1", unetBlock(x.channels, x.channels), x, parameters: decoder.module(name + "_in1"))
      } else {
        x = try builder.block(
          "dec.\(name)_up", unetBlock(x.channels, x.channels, .up), x, parameters: decoder.module(name + "_up"))
      }
      for index in 0...architecture.blocks {
        let skip = skips.removeLast()
        let blockName = "\(name)_block\(index)"
        x = try builder.block(
          "dec." + blockName,
          unetBlock(
            x.channels + skip.channels, architecture.modelChannels * multiplier,
            attends: architecture.attentionResolutions.contains(side)), x, concatenating: skip,
          parameters: decoder.module(blockName))
      }
    }
    let norm = try GroupNorm(
      channels: x.channels, epsilon: Self.epsilon, parameters: builder.parameters.module("out_norm"))
    let module = builder.parameters.module("out_conv")
    return try builder.outputConvolution(
      "out_conv", builder.groupNorm("out_norm", x, nil, norm, silu: true), outputChannels: architecture.outputChannels,
      weights: module.values("weight", [architecture.outputChannels, x.channels, 3, 3]),
      bias: module.values("bias", [architecture.outputChannels]))
  }
}
