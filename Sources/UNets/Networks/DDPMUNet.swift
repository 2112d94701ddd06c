import Basics
import Checkpoints
import OneDNN

/// The U-Net of guided-diffusion, improved-diffusion, consistency models' teacher and diffusers (Docs/Networks.md,
/// DDPMUNet): ADM in which every level has its own heads, attention and resampling.
struct DDPMUNet: NetworkDefinition {
  let architecture: DDPMUNetArchitecture

  func build(in builder: ProgramBuilder) throws -> NetworkPorts {
    let parameters = builder.parameters
    let classes = architecture.labelDimension
    let noise = NoiseEmbedding(
      timestep: architecture.embeddingInputs, shift: architecture.frequencyShift,
      startsWithCosines: architecture.startsWithCosines)
    let labels =
      classes == 0
      ? nil
      : try LabelTable(
        classes: classes, channels: architecture.embeddingChannels, scale: 1, hasBias: false,
        parameters: parameters.module("map_label"))
    let input = builder.activation(channels: architecture.inputChannels, side: architecture.imageResolution)
    let (top, skips) = try encoder(builder, input)
    let output = try decoder(builder, top, skips)
    let embedding = try builder.embeddingLayers(
      inputs: architecture.embeddingInputs, outputs: architecture.embeddingChannels, hasLabelTerm: labels != nil)
    return NetworkPorts(
      input: input,
      conditions: [ConditionRows(buffer: embedding.input, noise: noise)]
        + (embedding.labels.map { [ConditionRows(buffer: $0, labels: labels)] } ?? []),
      output: output)
  }

  private func unetBlock(
    _ inputs: Int, _ outputs: Int, _ resampling: ResampleFilter.Direction? = nil, heads: Int = 0,
    attentionGroups: Int? = nil
  ) -> UNetBlock {
    let order: UNetBlock.AttentionStyle.Order =
      switch architecture.attentionOrder {
      case .new: .byPart
      case .old: .byHead
      case .separate: .separate
      }
    return UNetBlock(
      inputChannels: inputs, outputChannels: outputs, embeddingChannels: architecture.embeddingChannels,
      resampling: resampling, heads: heads,
      style: UNetBlock.Style(
        epsilon: Float(architecture.epsilon), skipScale: 1, projectsResampled: false,
        hasAdaptiveScale: architecture.hasScaleShift, filterTaps: 2, storesFilters: false, groups: architecture.groups,
        attention: UNetBlock.AttentionStyle(order: order, groups: attentionGroups)))
  }

  /// Returns its last activation and those that the decoder takes up.
  private func encoder(
    _ builder: ProgramBuilder, _ input: Activation
  ) throws -> (top: Activation, skips: [Activation]) {
    let encoder = builder.parameters.module("enc")
    var x = input
    var skips: [Activation] = []
    for (index, level) in architecture.levels.enumerated() {
      let name = "level\(index)"
      if index == 0 {
        x = try convolution(
          builder, "enc.\(name)_conv", input, architecture.stemChannels, encoder.module(name + "_conv"))
      } else {
        x = try down(builder, "enc.\(name)_down", x, index - 1, encoder.module(name + "_down"))
      }
      skips.append(x)
      for block in 0..<architecture.blocks {
        let blockName = "\(name)_block\(block)"
        x = try builder.block(
          "enc." + blockName, unetBlock(x.channels, level.channels, heads: level.attendsDown ? level.heads : 0), x,
          parameters: encoder.module(blockName))
        skips.append(x)
      }
    }
    return (x, skips)
  }

  private func decoder(
    _ builder: ProgramBuilder, _ top: Activation, _ stored: [Activation]
  ) throws -> Activation {
    let decoder = builder.parameters.module("dec")
    var x = top
    var skips = stored
    for (index, level) in architecture.levels.enumerated().reversed() {
      let name = "level\(index)"
      if index == architecture.levels.count - 1 {
        let groups = architecture.middleAttentionGroups
        x = try builder.block(
          "dec.\(name)_in0",
          unetBlock(
            x.channels, x.channels, heads: architecture.middleAttends ? level.heads : 0, attentionGroups: groups), x,
          parameters: decoder.module(name + "_in0"))
        x = try builder.block(
          "dec.\(name)_in1", unetBlock(x.channels, x.channels), x, parameters: decoder.module(name + "_in1"))
      } else {
        x = try up(builder, "dec.\(name)_up", x, index + 1, decoder.module(name + "_up"))
      }
      for block in 0...architecture.blocks {
        let skip = skips.removeLast()
        let blockName = "\(name)_block\(block)"
        x = try builder.block(
          "dec." + blockName,
          unetBlock(x.channels + skip.channels, level.channels, heads: level.attendsUp ? level.heads : 0), x,
          concatenating: skip, parameters: decoder.module(blockName))
      }
    }
    let norm = try GroupNorm(
      channels: x.channels, epsilon: Float(architecture.epsilon), groups: architecture.groups,
      parameters: builder.parameters.module("out_norm"))
    let module = builder.parameters.module("out_conv")
    return try builder.outputConvolution(
      "out_conv", builder.groupNorm("out_norm", x, nil, norm, silu: true), outputChannels: architecture.outputChannels,
      weights: module.values("weight", [architecture.outputChannels, x.channels, 3, 3]),
      bias: module.values("bias", [architecture.outputChannels]))
  }

  private func convolution(
    _ builder: ProgramBuilder, _ name: String, _ source: Activation, _ outputs: Int, _ module: Parameters,
    padding: Padding = Padding(1), stride: Int = 1
  ) throws -> Activation {
    try builder.convolution(
      name, source, outputChannels: outputs, kernel: 3, padding: padding, stride: stride,
      weights: module.values("weight", [outputs, source.channels, 3, 3]), bias: module.values("bias", [outputs]))
  }

  private func down(
    _ builder: ProgramBuilder, _ name: String, _ x: Activation, _ level: Int, _ module: Parameters
  ) throws -> Activation {
    switch architecture.levels[level].down {
    case .block: try builder.block(name, unetBlock(x.channels, x.channels, .down), x, parameters: module)
    case .convolution:
      try convolution(
        builder, name, x, x.channels, module,
        padding: architecture.downPadding == 0 ? Padding(top: 0, bottom: 1, left: 0, right: 1) : Padding(1), stride: 2)
    }
  }

  private func up(
    _ builder: ProgramBuilder, _ name: String, _ x: Activation, _ level: Int, _ module: Parameters
  ) throws -> Activation {
    switch architecture.levels[level].up {
    case .block: try builder.block(name, unetBlock(x.channels, x.channels, .up), x, parameters: module)
    case .convolution:
      try convolution(
        builder, name, builder.resample(name + ".double", x, ResampleFilter(plain: .up)), x.channels, module)
    }
  }
}
