import Basics
import Checkpoints
import OneDNN

extension ProgramBuilder {
  /// SongUNet's encoder and decoder (NETWORKS.md, DDPM++ and NCSN++); returns its fp32 output.
  func songUNet(_ song: SongUNetArchitecture, input: Activation, embeddingChannels: Int) throws -> Activation {
    let taps = song.resampleFilter.count
    let style = UNetBlock.Style(
      epsilon: 1e-6, skipScale: Float(0.5.squareRoot()), projectsResampled: true, hasAdaptiveScale: false,
      filterTaps: taps)
    func unetBlock(
      _ inputs: Int, _ outputs: Int, _ resampling: ResampleFilter.Direction? = nil, attends: Bool = false
    ) -> UNetBlock {
      UNetBlock(
        inputChannels: inputs, outputChannels: outputs, embeddingChannels: embeddingChannels, resampling: resampling,
        heads: attends ? 1 : 0, style: style)
    }
    func side(_ level: Int) -> Int { song.imageResolution >> level }

    let encoder = parameters.module("enc")
    var skips: [Activation] = []
    var x = input
    var auxiliary = input
    for (level, multiplier) in song.channelMultipliers.enumerated() {
      let name = "\(side(level))x\(side(level))"
      if level == 0 {
        let module = encoder.module(name + "_conv")
        x = try convolution(
          "enc.\(name)_conv", input, outputChannels: song.modelChannels, kernel: 3,
          weights: module.values("weight", [song.modelChannels, song.inputChannels, 3, 3]),
          bias: module.values("bias", [song.modelChannels]))
        skips.append(x)
      } else {
        let module = encoder.module(name + "_down")
        x = try block("enc.\(name)_down", unetBlock(x.channels, x.channels, .down), x, parameters: module)
        skips.append(x)
        switch song.encoder {
        case .standard: break
        case .skip:
          let filter = try ResampleFilter(.down, taps: taps, parameters: encoder.module(name + "_aux_down"))
          auxiliary = resample("enc.\(name)_aux_down", auxiliary, filter)
          let skip = encoder.module(name + "_aux_skip")
          // x is the last stored skip, so adding in place replaces both.
          x = try convolution(
            "enc.\(name)_aux_skip", auxiliary, outputChannels: x.channels, kernel: 1,
            weights: skip.values("weight", [x.channels, auxiliary.channels, 1, 1]),
            bias: skip.values("bias", [x.channels]), onto: x)
        case .residual:
          let residual = encoder.module(name + "_aux_residual")
          let filter = try ResampleFilter(.down, taps: taps, parameters: residual)
          let wide = try convolution(
            "enc.\(name)_aux_residual", auxiliary, outputChannels: x.channels, kernel: 3,
            padding: Padding(1 + filter.padding),
            weights: residual.values("weight", [x.channels, auxiliary.channels, 3, 3]), bias: nil)
          let halved = resample(
            "enc.\(name)_aux_residual", wide, filter, padding: 0, bias: try residual.values("bias", [x.channels]))
          let half = Float(0.5.squareRoot())
          blend("enc.\(name)_aux_residual", x, half, halved, half, into: x)
          auxiliary = x
        }
      }
      for index in 0..<song.blocks {
        let blockName = "\(name)_block\(index)"
        x = try block(
          "enc." + blockName,
          unetBlock(
            x.channels, song.modelChannels * multiplier, attends: song.attentionResolutions.contains(side(level))),
          x, parameters: encoder.module(blockName))
        skips.append(x)
      }
    }
    return try songDecoder(song, x, skips, taps: taps) {
      unetBlock($0, $1, $2, attends: $3)
    }
  }

  private func songDecoder(
    _ song: SongUNetArchitecture, _ top: Activation, _ stored: [Activation], taps: Int,
    _ unetBlock: (Int, Int, ResampleFilter.Direction?, Bool) -> UNetBlock
  ) throws -> Activation {
    let decoder = parameters.module("dec")
    var x = top
    var skips = stored
    var output: Activation?
    for (level, multiplier) in song.channelMultipliers.enumerated().reversed() {
      let side = song.imageResolution >> level
      let name = "\(side)x\(side)"
      if level == song.channelMultipliers.count - 1 {
        x = try block(
          "dec.\(name)_in0", unetBlock(x.channels, x.channels, nil, true), x,
          parameters: decoder.module(name + "_in0"))
        x = try block(
          "dec.\(name)_in1", unetBlock(x.channels, x.channels, nil, false), x,
          parameters: decoder.module(name + "_in1"))
      } else {
        x = try block(
          "dec.\(name)_up", unetBlock(x.channels, x.channels, .up, false), x,
          parameters: decoder.module(name + "_up"))
      }
      for index in 0...song.blocks {
        let skip = skips.removeLast()
        let blockName = "\(name)_block\(index)"
        let attends = index == song.blocks && song.attentionResolutions.contains(side)
        x = try block(
          "dec." + blockName,
          unetBlock(x.channels + skip.channels, song.modelChannels * multiplier, nil, attends), x,
          concatenating: skip, parameters: decoder.module(blockName))
      }
      guard song.decoder == .skip || level == 0 else { continue }
      if let lower = output {
        let filter = try ResampleFilter(.up, taps: taps, parameters: decoder.module(name + "_aux_up"))
        output = resample("dec.\(name)_aux_up", lower, filter)
      }
      let norm = try GroupNorm(
        channels: x.channels, epsilon: 1e-6, parameters: decoder.module(name + "_aux_norm"))
      let module = decoder.module(name + "_aux_conv")
      output = try outputConvolution(
        "dec.\(name)_aux_conv", groupNorm("dec.\(name)_aux_norm", x, nil, norm, silu: true),
        outputChannels: song.outputChannels,
        weights: module.values("weight", [song.outputChannels, x.channels, 3, 3]),
        bias: module.values("bias", [song.outputChannels]), onto: output)
    }
    guard let output else { throw InputError("the network has no level", location: "field \"channel_mult\"") }
    return output
  }
}
