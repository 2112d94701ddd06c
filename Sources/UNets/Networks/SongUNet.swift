import Basics
import Checkpoints
import OneDNN

/// SongUNet: DDPM++ and NCSN++ (Docs/Networks.md, SongUNet).
struct SongUNet: NetworkDefinition {
  let architecture: SongUNetArchitecture

  func build(in builder: ProgramBuilder) throws -> NetworkPorts {
    let parameters = builder.parameters
    let channels = architecture.modelChannels * architecture.noiseEmbeddingMultiplier
    let noise =
      architecture.embedding == .fourier
      ? try NoiseEmbedding(fourier: channels, parameters: parameters.module("map_noise"), swapsHalves: true)
      : NoiseEmbedding(positional: channels, endpoint: true, swapsHalves: true)
    let classes = architecture.labelDimension
    let labels =
      classes == 0
      ? nil
      : try LabelTable(
        classes: classes, channels: channels, scale: Float(classes).squareRoot(), hasBias: true,
        parameters: parameters.module("map_label"))
    // Augmentation labels are zero here, and their layer has no bias: read it to know that it is there.
    if architecture.augmentDimension > 0 {
      _ = try parameters.module("map_augment").values("weight", [channels, architecture.augmentDimension])
    }
    let input = builder.activation(channels: architecture.inputChannels, side: architecture.imageResolution)
    let (top, skips) = try encoder(builder, input)
    let output = try decoder(builder, top, skips)
    let embedding = try builder.embeddingLayers(inputs: channels, outputs: embeddingChannels, hasLabelTerm: false)
    return NetworkPorts(
      input: input, conditions: [ConditionRows(buffer: embedding.input, noise: noise, labels: labels)], output: output)
  }

  private static let epsilon: Float = 1e-6

  private var filterTaps: Int { architecture.resampleFilter.count }
  private var embeddingChannels: Int { architecture.modelChannels * architecture.embeddingMultiplier }

  private func side(_ level: Int) -> Int { architecture.imageResolution >> level }

  private func unetBlock(
    _ inputs: Int, _ outputs: Int, _ resampling: ResampleFilter.Direction? = nil, attends: Bool = false
  ) -> UNetBlock {
    UNetBlock(
      inputChannels: inputs, outputChannels: outputs, embeddingChannels: embeddingChannels, resampling: resampling,
      heads: attends ? 1 : 0,
      style: UNetBlock.Style(
        epsilon: Self.epsilon, skipScale: Float(0.5.squareRoot()), projectsResampled: true, hasAdaptiveScale: false,
        filterTaps: filterTaps))
  }

  /// Returns its last activation and those that the decoder takes up.
  private func encoder(
    _ builder: ProgramBuilder, _ input: Activation
  ) throws -> (top: Activation, skips: [Activation]) {
    let encoder = builder.parameters.module("enc")
    var skips: [Activation] = []
    var x = input
    var auxiliary = input
    for (level, multiplier) in architecture.channelMultipliers.enumerated() {
      let name = "\(side(level))x\(side(level))"
      if level == 0 {
        let module = encoder.module(name + "_conv")
        x = try builder.convolution(
          "enc.\(name)_conv", input, outputChannels: architecture.modelChannels, kernel: 3,
          weights: module.values("weight", [architecture.modelChannels, architecture.inputChannels, 3, 3]),
          bias: module.values("bias", [architecture.modelChannels]))
        skips.append(x)
      } else {
        let module = encoder.module(name + "_down")
        x = try builder.block("enc.\(name)_down", unetBlock(x.channels, x.channels, .down), x, parameters: module)
        skips.append(x)
        switch architecture.encoder {
        case .standard: break
        case .skip:
          let filter = try ResampleFilter(.down, taps: filterTaps, parameters: encoder.module(name + "_aux_down"))
          auxiliary = builder.resample("enc.\(name)_aux_down", auxiliary, filter)
          let skip = encoder.module(name + "_aux_skip")
          // x is the last stored skip, so adding in place replaces both.
          x = try builder.convolution(
            "enc.\(name)_aux_skip", auxiliary, outputChannels: x.channels, kernel: 1,
            weights: skip.values("weight", [x.channels, auxiliary.channels, 1, 1]),
            bias: skip.values("bias", [x.channels]), onto: x)
        case .residual:
          let residual = encoder.module(name + "_aux_residual")
          let filter = try ResampleFilter(.down, taps: filterTaps, parameters: residual)
          let wide = try builder.convolution(
            "enc.\(name)_aux_residual", auxiliary, outputChannels: x.channels, kernel: 3,
            padding: Padding(1 + filter.padding),
            weights: residual.values("weight", [x.channels, auxiliary.channels, 3, 3]), bias: nil)
          let halved = builder.resample(
            "enc.\(name)_aux_residual", wide, filter, padding: 0, bias: try residual.values("bias", [x.channels]))
          let half = Float(0.5.squareRoot())
          builder.blend("enc.\(name)_aux_residual", x, half, halved, half, into: x)
          auxiliary = x
        }
      }
      for index in 0..<architecture.blocks {
        let blockName = "\(name)_block\(index)"
        x = try builder.block(
          "enc." + blockName,
          unetBlock(
            x.channels, architecture.modelChannels * multiplier,
            attends: architecture.attentionResolutions.contains(side(level))),
          x, parameters: encoder.module(blockName))
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
    var output: Activation?
    for (level, multiplier) in architecture.channelMultipliers.enumerated().reversed() {
      let side = side(level)
      let name = "\(side)x\(side)"
      if level == architecture.channelMultipliers.count - 1 {
        x = try builder.block(
          "dec.\(name)_in0", unetBlock(x.channels, x.channels, attends: true), x,
          parameters: decoder.module(name + "_in0"))
        x = try builder.block(
          "dec.\(name)_in1", unetBlock(x.channels, x.channels), x,
          parameters: decoder.module(name + "_in1"))
      } else {
        x = try builder.block(
          "dec.\(name)_up", unetBlock(x.channels, x.channels, .up), x,
          parameters: decoder.module(name + "_up"))
      }
      for index in 0...architecture.blocks {
        let skip = skips.removeLast()
        let blockName = "\(name)_block\(index)"
        let attends = index == architecture.blocks && architecture.attentionResolutions.contains(side)
        x = try builder.block(
          "dec." + blockName,
          unetBlock(x.channels + skip.channels, architecture.modelChannels * multiplier, attends: attends), x,
          concatenating: skip, parameters: decoder.module(blockName))
      }
      guard architecture.decoder == .skip || level == 0 else { continue }
      if let lower = output {
        let filter = try ResampleFilter(.up, taps: filterTaps, parameters: decoder.module(name + "_aux_up"))
        output = builder.resample("dec.\(name)_aux_up", lower, filter)
      }
      let norm = try GroupNorm(
        channels: x.channels, epsilon: Self.epsilon, parameters: decoder.module(name + "_aux_norm"))
      let module = decoder.module(name + "_aux_conv")
      output = try builder.outputConvolution(
        "dec.\(name)_aux_conv", builder.groupNorm("dec.\(name)_aux_norm", x, nil, norm, silu: true),
        outputChannels: architecture.outputChannels,
        weights: module.values("weight", [architecture.outputChannels, x.channels, 3, 3]),
        bias: module.values("bias", [architecture.outputChannels]), onto: output)
    }
    guard let output else { throw InputError("the network has no level", location: "field \"channel_mult\"") }
    return output
  }
}
