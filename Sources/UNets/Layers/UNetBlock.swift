import OneDNN

/// The residual block shared by both networks (Docs/Networks.md, UNetBlock), described before its parameters are read.
struct UNetBlock {
  var inputChannels: Int
  var outputChannels: Int
  var embeddingChannels: Int
  var resampling: ResampleFilter.Direction?
  /// 0 for a block without attention.
  var heads = 0
  var style: Style

  /// What every block of a network has in common.
  struct Style {
    var epsilon: Float
    var skipScale: Float
    /// Whether a resampling block's skip path always has a 1×1 convolution.
    var projectsResampled: Bool
    var hasAdaptiveScale: Bool
    /// Taps of the resampling filter.
    var filterTaps: Int
  }
}

extension ProgramBuilder {
  /// h = (conv1(silu(norm1(conv0(silu(norm0(x))) ⊕ embedding))) + skip(x))·skip_scale, then attention.
  ///
  /// The input is `x`, or the concatenation x ‖ `skip` along channels, which is never materialised: the normalisation
  /// reads both parts, and the 1×1 convolution of the skip path is the sum of two.
  func block(
    _ name: String, _ block: UNetBlock, _ x: Activation, concatenating skip: Activation? = nil, parameters: Parameters
  ) throws -> Activation {
    let style = block.style
    let (inputs, outputs) = (block.inputChannels, block.outputChannels)
    precondition(x.channels + (skip?.channels ?? 0) == inputs)

    let norm0 = try GroupNorm(channels: inputs, epsilon: style.epsilon, parameters: parameters.module("norm0"))
    let conv0 = parameters.module("conv0")
    let range0 = byteRange(of: conv0)
    let filter = try block.resampling.map {
      try ResampleFilter($0, taps: style.filterTaps, parameters: conv0)
    }
    let doubles = filter?.isDoubling ?? false
    var h = groupNorm(name + ".norm0", x, skip, norm0, silu: true, as: filter == nil || doubles ? range0 : nil)
    if let filter, !doubles {
      h = resample(name + ".resample", h, filter)
      if let range0 { h = quantize(name + ".resample", h, as: range0) }
    }
    observe(h, of: conv0)
    let weights0 = try conv0.values("weight", [outputs, inputs, 3, 3])
    let bias0 = try conv0.values("bias", [outputs])

    let affine = parameters.module("affine")
    let affineOutputs = outputs * (style.hasAdaptiveScale ? 2 : 1)
    let offset = try addAffine(
      weights: affine.values("weight", [affineOutputs, block.embeddingChannels]),
      bias: affine.values("bias", [affineOutputs]))
    let embedding: EmbeddingUse = style.hasAdaptiveScale ? .adaptive(offset: offset) : .shiftBefore(offset: offset)
    let conv1 = parameters.module("conv1")
    let norm1 = try GroupNorm(channels: outputs, epsilon: style.epsilon, parameters: parameters.module("norm1"))
    let range1 = byteRange(of: conv1)
    if doubles {
      let phases = try doublingConvolution(
        name + ".conv0", h, outputChannels: outputs, weights: weights0, bias: bias0)
      h = groupNorm(name + ".norm1", phases, norm1, embedding: embedding, silu: true, as: range1)
    } else {
      h = try convolution(
        name + ".conv0", h, outputChannels: outputs, kernel: 3, weights: weights0, bias: bias0)
      h = groupNorm(name + ".norm1", h, nil, norm1, embedding: embedding, silu: true, as: range1)
    }
    observe(h, of: conv1)

    let result = try skipPath(name + ".skip", block, x, skip, parameters: parameters)
    _ = try convolution(
      name + ".conv1", h, outputChannels: outputs, kernel: 3,
      weights: conv1.values("weight", [outputs, outputs, 3, 3]).map { $0 * style.skipScale },
      bias: conv1.values("bias", [outputs]).map { $0 * style.skipScale }, onto: result)
    if block.heads > 0 {
      try attention(
        name, result, heads: block.heads, skipScale: style.skipScale, epsilon: style.epsilon, parameters: parameters)
    }
    return result
  }

  /// skip(x)·skip_scale in an activation of its own, for conv1 to be added to.
  private func skipPath(
    _ name: String, _ block: UNetBlock, _ x: Activation, _ concatenated: Activation?, parameters: Parameters
  ) throws -> Activation {
    let scale = block.style.skipScale
    let outputs = block.outputChannels
    let hasConvolution =
      block.inputChannels != outputs || (block.resampling != nil && block.style.projectsResampled)
    guard hasConvolution else {
      precondition(concatenated == nil)
      guard let direction = block.resampling else {
        let result = activation(channels: outputs, side: x.side)
        blend(name, x, scale, nil, 0, into: result)
        return result
      }
      var filter = try ResampleFilter(
        direction, taps: block.style.filterTaps, parameters: parameters.module("skip"))
      filter.values = filter.values.map { $0 * scale }
      return resample(name, x, filter)
    }
    let skip = parameters.module("skip")
    let weights = try skip.values("weight", [outputs, block.inputChannels, 1, 1]).map { $0 * scale }
    let bias = try skip.values("bias", [outputs]).map { $0 * scale }
    let split = try block.resampling.map {
      try ResampleFilter($0, taps: block.style.filterTaps, parameters: skip)
    }
    // The filter acts on space and the 1×1 convolution on channels, so the cheaper order is free to choose. Only the bias
    // tells them apart: at a border the filter's weights do not sum to 1.
    switch split?.direction {
    case .down?:
      precondition(concatenated == nil)
      guard let split else { preconditionFailure() }
      return try convolution(
        name, resample(name, x, split), outputChannels: outputs, kernel: 1, weights: weights, bias: bias)
    case .up?:
      precondition(concatenated == nil)
      guard let split else { preconditionFailure() }
      let small = try convolution(name, x, outputChannels: outputs, kernel: 1, weights: weights, bias: nil)
      return resample(name, small, split, bias: bias)
    case nil:
      let first = try convolution(
        name, x, outputChannels: outputs, kernel: 1,
        weights: columns(of: weights, rows: outputs, 0..<x.channels), bias: bias)
      guard let concatenated else { return first }
      return try convolution(
        name, concatenated, outputChannels: outputs, kernel: 1,
        weights: columns(of: weights, rows: outputs, x.channels..<block.inputChannels), bias: nil, onto: first)
    }
  }

  private func columns(of matrix: [Float], rows: Int, _ range: Range<Int>) -> [Float] {
    let width = matrix.count / rows
    return (0..<rows).flatMap { matrix[$0 * width + range.lowerBound..<$0 * width + range.upperBound] }
  }
}
