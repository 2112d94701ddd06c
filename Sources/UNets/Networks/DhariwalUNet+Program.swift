import Basics
import Checkpoints
import OneDNN

extension ProgramBuilder {
  /// DhariwalUNet's encoder and decoder (NETWORKS.md, ADM); returns its fp32 output.
  func dhariwalUNet(_ adm: DhariwalUNetArchitecture, input: Activation, embeddingChannels: Int) throws -> Activation {
    let style = UNetBlock.Style(
      epsilon: 1e-5, skipScale: 1, projectsResampled: false, hasAdaptiveScale: true, filterTaps: 2)
    func unetBlock(
      _ inputs: Int, _ outputs: Int, _ resampling: ResampleFilter.Direction? = nil, attends: Bool = false
    ) -> UNetBlock {
      UNetBlock(
        inputChannels: inputs, outputChannels: outputs, embeddingChannels: embeddingChannels, resampling: resampling,
        heads: attends ? outputs / 64 : 0, style: style)
    }

    let encoder = parameters.module("enc")
    var skips: [Activation] = []
    var x = input
    for (level, multiplier) in adm.channelMultipliers.enumerated() {
      let side = adm.imageResolution >> level
      let name = "\(side)x\(side)"
      let channels = adm.modelChannels * multiplier
      if level == 0 {
        let module = encoder.module(name + "_conv")
        x = try convolution(
          "enc.\(name)_conv", input, outputChannels: channels, kernel: 3,
          weights: module.values("weight", [channels, adm.inputChannels, 3, 3]),
          bias: module.values("bias", [channels]))
      } else {
        x = try block(
          "enc.\(name)_down", unetBlock(x.channels, x.channels, .down), x,
          parameters: encoder.module(name + "_down"))
      }
      skips.append(x)
      for index in 0..<adm.blocks {
        let blockName = "\(name)_block\(index)"
        x = try block(
          "enc." + blockName,
          unetBlock(x.channels, channels, attends: adm.attentionResolutions.contains(side)), x,
          parameters: encoder.module(blockName))
        skips.append(x)
      }
    }

    let decoder = parameters.module("dec")
    for (level, multiplier) in adm.channelMultipliers.enumerated().reversed() {
      let side = adm.imageResolution >> level
      let name = "\(side)x\(side)"
      if level == adm.channelMultipliers.count - 1 {
        x = try block(
          "dec.\(name)_in0", unetBlock(x.channels, x.channels, attends: true), x,
          parameters: decoder.module(name + "_in0"))
        x = try block(
          "dec.\(name)_in1", unetBlock(x.channels, x.channels), x, parameters: decoder.module(name + "_in1"))
      } else {
        x = try block(
          "dec.\(name)_up", unetBlock(x.channels, x.channels, .up), x, parameters: decoder.module(name + "_up"))
      }
      for index in 0...adm.blocks {
        let skip = skips.removeLast()
        let blockName = "\(name)_block\(index)"
        x = try block(
          "dec." + blockName,
          unetBlock(
            x.channels + skip.channels, adm.modelChannels * multiplier,
            attends: adm.attentionResolutions.contains(side)), x, concatenating: skip,
          parameters: decoder.module(blockName))
      }
    }
    let norm = try GroupNorm(channels: x.channels, epsilon: 1e-5, parameters: parameters.module("out_norm"))
    let module = parameters.module("out_conv")
    return try outputConvolution(
      "out_conv", groupNorm("out_norm", x, nil, norm, silu: true), outputChannels: adm.outputChannels,
      weights: module.values("weight", [adm.outputChannels, x.channels, 3, 3]),
      bias: module.values("bias", [adm.outputChannels]))
  }
}
