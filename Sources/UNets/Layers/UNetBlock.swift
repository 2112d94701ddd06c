import OneDNN

/// The residual block shared by the networks (Docs/Networks.md, UNetBlock), described before its parameters are read.
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
    /// Whether the file holds the filters; otherwise they are [1,1].
    var storesFilters = true
    /// Of every normalisation; nil for min(32, ⌊C/4⌋).
    var groups: Int?
    var attention = AttentionStyle()
  }

  /// Where an attention's weights lie, and how its input is normalised.
  struct AttentionStyle {
    var order = Order.interleaved
    /// nil as in the rest of the block, 0 for no normalisation.
    var groups: Int?

    /// Row of q, k or v (j = 0, 1, 2) of channel c in head h, of d channels a head and C in all.
    enum Order {
      /// 3·(h·d + c) + j, EDM's.
      case interleaved
      /// j·C + h·d + c.
      case byPart
      /// h·3d + j·d + c.
      case byHead
      /// A matrix each.
      case separate
    }
  }

  fileprivate func filter(_ direction: ResampleFilter.Direction, _ parameters: Parameters) throws -> ResampleFilter {
    style.storesFilters
      ? try ResampleFilter(direction, taps: style.filterTaps, parameters: parameters) : ResampleFilter(plain: direction)
  }
}

extension ProgramBuilder {
  /// h = (conv1(silu(norm1(conv0(silu(norm0(x))) ⊕ embedding))) + skip(x))·skip_scale, then attention.
  ///
  /// The input is `x`, or the concatenation x ‖ `skip` along channels, which is never materialised: the normalisation
  /// reads both parts, and the 1×1 convolution of the skip path is the sum of two.
  ///
  /// - Parameter overwrites: whether nobody reads `x` afterwards, so that a block whose skip path is the identity may be
  ///   computed where it lies.
  func block(
    _ name: String, _ block: UNetBlock, _ x: Activation, concatenating skip: Activation? = nil,
    overwrites: Bool = false,
    parameters: Parameters
  ) throws -> Activation {
    let style = block.style
    let (inputs, outputs) = (block.inputChannels, block.outputChannels)
    precondition(x.channels + (skip?.channels ?? 0) == inputs)

    let norm0 = try GroupNorm(
      channels: inputs, epsilon: style.epsilon, groups: style.groups, parameters: parameters.module("norm0"))
    let conv0 = parameters.module("conv0")
    let range0 = byteRange(of: conv0)
    let filter = try block.resampling.map { try block.filter($0, conv0) }
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
    let norm1 = try GroupNorm(
      channels: outputs, epsilon: style.epsilon, groups: style.groups, parameters: parameters.module("norm1"))
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

    let isIdentity = inputs == outputs && block.resampling == nil && skip == nil && style.skipScale == 1
    let result =
      overwrites && isIdentity ? x : try skipPath(name + ".skip", block, x, skip, parameters: parameters)
    _ = try convolution(
      name + ".conv1", h, outputChannels: outputs, kernel: 3,
      weights: conv1.values("weight", [outputs, outputs, 3, 3]).map { $0 * style.skipScale },
      bias: conv1.values("bias", [outputs]).map { $0 * style.skipScale }, onto: result)
    if block.heads > 0 {
      try attention(
        name, result, heads: block.heads, style: style, parameters: parameters)
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
    if let concatenated, !hasConvolution {
      // As many channels come out as both have: the skip path is their concatenation.
      var unit = [Float](repeating: 0, count: outputs * outputs)
      for channel in 0..<outputs { unit[channel * outputs + channel] = scale }
      let first = try convolution(
        name, x, outputChannels: outputs, kernel: 1, weights: columns(of: unit, rows: outputs, 0..<x.channels),
        bias: nil)
      return try convolution(
        name, concatenated, outputChannels: outputs, kernel: 1,
        weights: columns(of: unit, rows: outputs, x.channels..<outputs), bias: nil, onto: first)
    }
    guard hasConvolution else {
      guard let direction = block.resampling else {
        let result = activation(channels: outputs, side: x.side)
        blend(name, x, scale, nil, 0, into: result)
        return result
      }
      var filter = try block.filter(direction, parameters.module("skip"))
      filter.values = filter.values.map { $0 * scale }
      return resample(name, x, filter)
    }
    let skip = parameters.module("skip")
    let weights = try skip.values("weight", [outputs, block.inputChannels, 1, 1]).map { $0 * scale }
    let bias = try skip.values("bias", [outputs]).map { $0 * scale }
    let split = try block.resampling.map { try block.filter($0, skip) }
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
