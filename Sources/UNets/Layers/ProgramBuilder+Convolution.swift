import OneDNN

extension ProgramBuilder {
  /// Convolves `source`; with `onto`, adds the result to what that activation holds instead of making a new one.
  func convolution(
    _ name: String, _ source: Activation, outputChannels: Int, kernel: Int, padding: Padding? = nil,
    stride: Int = 1, weights: [Float], bias: [Float]?, onto existing: Activation? = nil
  ) throws -> Activation {
    let padding = padding ?? Padding(kernel / 2)
    let side = (source.side + padding.top + padding.bottom - kernel) / stride + 1
    let destination = existing ?? activation(channels: outputChannels, side: side)
    try convolve(
      name, source, kernel: kernel, padding: padding, stride: stride, weights: weights, bias: bias, into: destination,
      adds: existing != nil)
    return destination
  }

  /// The network's last convolution, into fp32, with `onto` added to what that activation holds.
  func outputConvolution(
    _ name: String, _ source: Activation, outputChannels: Int, kernel: Int = 3, weights: [Float], bias: [Float]?,
    onto existing: Activation? = nil
  ) throws -> Activation {
    let destination = existing ?? activation(channels: outputChannels, side: source.side, type: .float32)
    precondition(destination.type == .float32)
    try convolve(
      name, source, kernel: kernel, padding: Padding(kernel / 2), weights: weights, bias: bias, into: destination,
      adds: existing != nil, isOutput: true)
    return destination
  }

  private func convolve(
    _ name: String, _ source: Activation, kernel: Int, padding: Padding, stride: Int = 1, weights: [Float],
    bias: [Float]?, into destination: Activation, adds: Bool, isOutput: Bool = false
  ) throws {
    precondition(destination.side == (source.side + padding.top + padding.bottom - kernel) / stride + 1)
    precondition(weights.count == destination.channels * source.channels * kernel * kernel)
    let shape = ConvolutionShape(
      batch: batch, height: source.side, width: source.side, inputChannels: source.channels,
      outputChannels: destination.channels, kernel: kernel, padding: padding, stride: stride, source: source.type,
      destination: destination.type, addsToDestination: adds)
    if let survey { return survey.add(shape, weights, bias, source.range, isOutput: isOutput) }
    let bytes = source.range.map { (weights: quantized(weights, shape, $0, bias: bias), zeroPoint: $0.zeroPoint) }
    let form = try Convolution(shape: shape, weights: weights, bias: bias, bytes: bytes, isOutput: isOutput)
      .form(kernels)
    savedArithmetic += shape.arithmetic - form.arithmetic
    add(
      name, reads: [source.buffer] + (adds ? [destination.buffer] : []), writes: [destination.buffer],
      scratchpadSize: form.scratchpadSize, implementation: form.implementation, arithmetic: form.arithmetic
    ) { memory in
      try form.bind(
        from: memory.pointer(source.buffer), to: memory.pointer(destination.buffer), scratchpad: memory.scratchpad)
    }
  }

  /// The 3×3 convolution of `source` with every position repeated as 2×2, by the parity of the output's row and column:
  /// four 2×2 convolutions of the small picture, whose weights are sums of those that meet the same position. That takes
  /// 4 products where the large picture takes 9.
  func doublingConvolution(
    _ name: String, _ source: Activation, outputChannels: Int, weights: [Float], bias: [Float]?
  ) throws -> Phases {
    // Of rows and columns alike: which of the three taps meet the first and the second neighbour.
    let taps: [[ClosedRange<Int>]] = [[0...0, 1...2], [0...1, 2...2]]
    let parts = try (0..<4).map { part in
      let (a, b) = (part / 2, part % 2)
      var summed: [Float] = []
      for pair in 0..<outputChannels * source.channels {
        for rows in taps[a] {
          for columns in taps[b] {
            var sum: Float = 0
            for row in rows { for column in columns { sum += weights[9 * pair + 3 * row + column] } }
            summed.append(sum)
          }
        }
      }
      return try convolution(
        name + ".\(part)", source, outputChannels: outputChannels, kernel: 2,
        padding: Padding(top: 1 - a, bottom: a, left: 1 - b, right: b), weights: summed, bias: bias)
    }
    savedArithmetic += 2 * batch * source.positions * weights.count / 9 * (4 * 9 - 4 * 4)
    return Phases(parts: parts)
  }
}
