import Basics
import Checkpoints
import OneDNN

/// EDM2's U-Net (Docs/Networks.md, EDM2UNet): weights are normalised when they are read, and what multiplies them folded in.
struct EDM2UNet: NetworkDefinition {
  let architecture: EDM2UNetArchitecture

  var unusedTensors: Set<String> { EDM2UNetArchitecture.trainingTensors }

  func build(in builder: ProgramBuilder) throws -> NetworkPorts {
    let parameters = builder.parameters
    let noise = try NoiseEmbedding(
      phased: architecture.noiseChannels, parameters: parameters.module("emb_fourier"))
    let labels = try labelTable(parameters.module("emb_label"))
    let input = builder.activation(channels: architecture.imageChannels, side: architecture.imageResolution)
    let (top, skips) = try encoder(builder, builder.withOnes("input.ones", input))
    let x = try decoder(builder, top, skips)
    let output = try builder.outputConvolution(
      "out_conv", x, outputChannels: architecture.imageChannels,
      weights: parameters.module("out_conv").normalised(
        [architecture.imageChannels, x.channels, 3, 3], gain: parameters.scalar("out_gain")), bias: nil)
    let embedding = try builder.embeddingLayer(
      "emb_noise", inputs: architecture.noiseChannels, outputs: architecture.embeddingChannels,
      weights: parameters.module("emb_noise").normalised(
        [architecture.embeddingChannels, architecture.noiseChannels],
        gain: labels == nil ? 1 : Mix(architecture.labelBalance).first),
      hasLabelTerm: labels != nil)
    return NetworkPorts(
      input: input,
      conditions: [ConditionRows(buffer: embedding.input, noise: noise)]
        + (embedding.labels.map { [ConditionRows(buffer: $0, labels: labels)] } ?? []),
      output: output)
  }

  /// mp_silu(x) = silu(x)/0.596; the division is left to the weights of what follows.
  private static let siluGain: Float = 1 / 0.596

  /// mix(a, b, t) = ((1 − t)·a + t·b)/√((1 − t)² + t²).
  private struct Mix {
    let first, second: Float

    init(_ t: Double) {
      let root = ((1 - t) * (1 - t) + t * t).squareRoot()
      (first, second) = (Float((1 - t) / root), Float(t / root))
    }
  }

  private struct Block {
    var inputs: Int
    var outputs: Int
    var isEncoder: Bool
    var resampling: ResampleFilter.Direction?
    var heads = 0
  }

  private func side(_ level: Int) -> Int { architecture.imageResolution >> level }

  private func heads(_ channels: Int, at level: Int) -> Int {
    architecture.attentionResolutions.contains(side(level)) ? architecture.heads(channels: channels) : 0
  }

  /// √K·onehot(y) times the layer's weights; no label is zero.
  private func labelTable(_ module: Parameters) throws -> LabelTable? {
    let (classes, channels) = (architecture.labelDimension, architecture.embeddingChannels)
    guard classes > 0 else { return nil }
    return LabelTable(
      classes: classes, channels: channels, scale: 1,
      weights: try module.normalised(
        [channels, classes], gain: Float(classes).squareRoot() * Mix(architecture.labelBalance).second),
      bias: [Float](repeating: 0, count: channels))
  }

  /// Returns its last activation and those that the decoder takes up.
  private func encoder(
    _ builder: ProgramBuilder, _ input: Activation
  ) throws -> (top: Activation, skips: [Activation]) {
    let encoder = builder.parameters.module("enc")
    var x = input
    var skips: [Activation] = []
    for (level, channels) in architecture.channels.enumerated() {
      let name = "\(side(level))x\(side(level))"
      if level == 0 {
        x = try builder.convolution(
          "enc.\(name)_conv", input, outputChannels: channels, kernel: 3,
          weights: encoder.module(name + "_conv").normalised([channels, input.channels, 3, 3]), bias: nil)
      } else {
        x = try block(
          builder, "enc.\(name)_down",
          Block(inputs: x.channels, outputs: x.channels, isEncoder: true, resampling: .down), x,
          encoder.module(name + "_down"))
      }
      skips.append(x)
      for index in 0..<architecture.blocks {
        let blockName = "\(name)_block\(index)"
        x = try block(
          builder, "enc." + blockName,
          Block(inputs: x.channels, outputs: channels, isEncoder: true, heads: heads(channels, at: level)), x,
          encoder.module(blockName))
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
    for (level, channels) in architecture.channels.enumerated().reversed() {
      let name = "\(side(level))x\(side(level))"
      var plain = Block(inputs: x.channels, outputs: x.channels, isEncoder: false)
      if level == architecture.channels.count - 1 {
        plain.heads = architecture.heads(channels: x.channels)
        x = try block(builder, "dec.\(name)_in0", plain, x, decoder.module(name + "_in0"))
        plain.heads = 0
        x = try block(builder, "dec.\(name)_in1", plain, x, decoder.module(name + "_in1"))
      } else {
        plain.resampling = .up
        x = try block(builder, "dec.\(name)_up", plain, x, decoder.module(name + "_up"))
      }
      for index in 0...architecture.blocks {
        let skip = skips.removeLast()
        let blockName = "\(name)_block\(index)"
        x = try block(
          builder, "dec." + blockName,
          Block(
            inputs: x.channels + skip.channels, outputs: channels, isEncoder: false,
            heads: heads(channels, at: level)), x, concatenating: skip, decoder.module(blockName))
      }
    }
    return x
  }

  /// mix(skip(x), conv_res1(mp_silu(conv_res0(mp_silu(x))·(1 + emb_linear(e)))), res_balance), then attention, then
  /// clipping; in the encoder x is the pixel norm of what comes in.
  private func block(
    _ builder: ProgramBuilder, _ name: String, _ block: Block, _ x: Activation, concatenating skip: Activation? = nil,
    _ module: Parameters
  ) throws -> Activation {
    precondition(x.channels + (skip?.channels ?? 0) == block.inputs)
    let mix = Mix(architecture.residualBalance)
    let (conv0, conv1) = (module.module("conv_res0"), module.module("conv_res1"))
    let (range0, range1) = (builder.byteRange(of: conv0), builder.byteRange(of: conv1))
    let outputs = block.outputs
    let (kept, activated) =
      block.isEncoder
      ? try encoderInput(builder, name, block, x, scale: mix.first, as: range0, module)
      : try decoderInput(builder, name, block, x, skip, scale: mix.first, as: range0, module)
    builder.observe(activated, of: conv0)

    let embedding = module.module("emb_linear")
    let offset = try builder.addAffine(
      weights: embedding.normalised(
        [outputs, architecture.embeddingChannels], gain: module.scalar("emb_gain") * Self.siluGain),
      bias: [Float](repeating: 1, count: outputs))
    let weights0 = try conv0.normalised([outputs, activated.channels, 3, 3], gain: Self.siluGain)
    let hidden: Activation
    if activated.side < kept.side {
      let phases = try builder.doublingConvolution(
        name + ".conv_res0", activated, outputChannels: outputs, weights: weights0, bias: nil)
      hidden = builder.scaledSilu(name + ".silu1", phases, gain: .affine(offset: offset), as: range1)
    } else {
      let y = try builder.convolution(
        name + ".conv_res0", activated, outputChannels: outputs, kernel: 3, weights: weights0, bias: nil)
      hidden = builder.scaledSilu(name + ".silu1", y, gain: .affine(offset: offset), as: range1)
    }
    builder.observe(hidden, of: conv1)
    _ = try builder.convolution(
      name + ".conv_res1", hidden, outputChannels: outputs, kernel: 3,
      weights: conv1.normalised([outputs, outputs, 3, 3], gain: Self.siluGain * mix.second), bias: nil, onto: kept)
    if block.heads > 0 { try attention(builder, name, kept, heads: block.heads, module) }
    if let limit = architecture.activationLimit { builder.clip(name + ".clip", kept, limit: Float(limit)) }
    return kept
  }

  private func filter(_ direction: ResampleFilter.Direction) -> ResampleFilter {
    ResampleFilter(direction, taps: architecture.resampleFilter)
  }

  /// scale·n and silu(n), n the pixel norm of x, resampled and brought to the block's channels.
  private func encoderInput(
    _ builder: ProgramBuilder, _ name: String, _ block: Block, _ x: Activation, scale: Float, as range: ByteRange?,
    _ module: Parameters
  ) throws -> (kept: Activation, activated: Activation) {
    var x = x
    if let direction = block.resampling { x = builder.resample(name + ".resample", x, filter(direction)) }
    if block.inputs != block.outputs {
      x = try builder.convolution(
        name + ".conv_skip", x, outputChannels: block.outputs, kernel: 1,
        weights: module.module("conv_skip").normalised([block.outputs, block.inputs, 1, 1]), bias: nil)
    }
    return builder.pixelNorm(name + ".norm", x, scale: scale, as: range)
  }

  /// scale·skip(c) and silu(c), c what comes in: resampled, or concatenated, which is never made. The latter is as small
  /// as x where the block only doubles every pixel.
  private func decoderInput(
    _ builder: ProgramBuilder, _ name: String, _ block: Block, _ x: Activation, _ skip: Activation?, scale: Float,
    as range: ByteRange?, _ module: Parameters
  ) throws -> (kept: Activation, activated: Activation) {
    let silu = name + ".silu0"
    func ones(_ x: Activation) -> ChannelGain { .constant([Float](repeating: 1, count: x.channels)) }
    guard let skip else {
      guard let direction = block.resampling else {
        let activated = builder.scaledSilu(silu, x, gain: ones(x), as: range)
        let kept = builder.activation(channels: x.channels, side: x.side)
        builder.blend(name + ".skip", x, scale, nil, 0, into: kept)
        return (kept, activated)
      }
      var filter = filter(direction)
      if filter.isDoubling {
        let activated = builder.scaledSilu(silu, x, gain: ones(x), as: range)
        filter.values = filter.values.map { $0 * scale }
        return (builder.resample(name + ".resample", x, filter), activated)
      }
      let resampled = builder.resample(name + ".resample", x, filter)
      let activated = builder.scaledSilu(silu, resampled, gain: ones(x), as: range)
      builder.blend(name + ".skip", resampled, scale, nil, 0, into: resampled)
      return (resampled, activated)
    }
    let t = architecture.concatenationBalance
    let total = (Double(block.inputs) / ((1 - t) * (1 - t) + t * t)).squareRoot()
    let (first, second) = (
      Float(total / Double(x.channels).squareRoot() * (1 - t)), Float(total / Double(skip.channels).squareRoot() * t)
    )
    let activated = builder.scaledSilu(
      silu, x, skip,
      gain: .constant(
        [Float](repeating: first, count: x.channels) + [Float](repeating: second, count: skip.channels)), as: range)
    // More channels come in than go out: there is always a convolution.
    let weights = try module.module("conv_skip").normalised([block.outputs, block.inputs, 1, 1])
    // Columns of either part, with its gain.
    func part(_ range: Range<Int>, _ gain: Float) -> [Float] {
      (0..<block.outputs).flatMap { row in
        weights[row * block.inputs + range.lowerBound..<row * block.inputs + range.upperBound].map { $0 * gain * scale }
      }
    }
    let kept = try builder.convolution(
      name + ".conv_skip", x, outputChannels: block.outputs, kernel: 1, weights: part(0..<x.channels, first), bias: nil)
    _ = try builder.convolution(
      name + ".conv_skip", skip, outputChannels: block.outputs, kernel: 1,
      weights: part(x.channels..<block.inputs, second), bias: nil, onto: kept)
    return (kept, activated)
  }

  /// x = mix(x, attn_proj(v·softmax(qᵀk/√d)ᵀ), attn_balance), in place; q, k and v have norm √d in every head.
  private func attention(
    _ builder: ProgramBuilder, _ name: String, _ x: Activation, heads: Int, _ module: Parameters
  ) throws {
    let channels = x.channels
    guard channels.isMultiple(of: heads) else {
      throw InputError(
        "the channels do not make equal heads", location: "module \"\(module.path)\"",
        expected: "a multiple of \(heads) channels", found: "\(channels)")
    }
    let qkv = module.module("attn_qkv")
    let source = builder.byteRange(of: qkv).map { builder.quantize(name + ".attn_qkv", x, as: $0) } ?? x
    builder.observe(source, of: qkv)
    // Rows [heads, d, 3] of the file become three matrices of rows [heads, d].
    let weights = try qkv.normalised([3 * channels, channels, 1, 1])
    let operands = try (0..<3).map { which in
      let operand = try builder.convolution(
        name + ".attn_qkv", source, outputChannels: channels, kernel: 1,
        weights: (0..<channels).flatMap { weights[(3 * $0 + which) * channels..<(3 * $0 + which + 1) * channels] },
        bias: nil)
      builder.headNorm(name + ".attn_norm", operand, heads: heads)
      return operand
    }
    let attended = try builder.attend(name, q: operands[0], k: operands[1], v: operands[2], heads: heads)
    let mix = Mix(architecture.attentionBalance)
    builder.blend(name + ".scale", x, mix.first, nil, 0, into: x)
    _ = try builder.convolution(
      name + ".attn_proj", attended, outputChannels: channels, kernel: 1,
      weights: module.module("attn_proj").normalised([channels, channels, 1, 1], gain: mix.second), bias: nil, onto: x)
  }
}
