import CKernels
import OneDNN

extension ProgramBuilder {
  /// Convolves `source`; with `onto`, adds the result to what that activation holds instead of making a new one.
  func convolution(
    _ name: String, _ source: Activation, outputChannels: Int, kernel: Int, padding: Padding? = nil,
    weights: [Float], bias: [Float]?, onto existing: Activation? = nil, destinationType: ElementType? = nil
  ) throws -> Activation {
    let padding = padding ?? Padding(kernel / 2)
    let side = source.side + padding.top + padding.bottom - kernel + 1
    let destination =
      existing ?? activation(channels: outputChannels, side: side, type: destinationType ?? type)
    precondition(destination.side == side && destination.channels == outputChannels)
    let shape = ConvolutionShape(
      batch: batch, height: source.side, width: source.side, inputChannels: source.channels,
      outputChannels: outputChannels, kernel: kernel, padding: padding, source: source.type,
      destination: destination.type, addsToDestination: existing != nil)
    let reads = [source.buffer] + (existing.map { [$0.buffer] } ?? [])
    let bytes = source.range.map { (weights: quantized(weights, shape, $0, bias: bias), zeroPoint: $0.zeroPoint) }
    if let form = WinogradForm(shape, bytes: bytes, kernels) {
      let transformed =
        bytes.map { form.weights($0.weights, zeroPoint: $0.zeroPoint) } ?? form.weights(weights, bias: bias)
      savedArithmetic += shape.arithmetic - form.arithmetic
      add(
        name, reads: reads, writes: [destination.buffer], scratchpadSize: form.scratchpadSize,
        implementation: form.name, arithmetic: form.arithmetic
      ) { [from = source.buffer, to = destination.buffer] memory in
        form.bind(transformed, from: memory.pointer(from), to: memory.pointer(to), scratchpad: memory.scratchpad)
      }
      return destination
    }
    let operation =
      try bytes.map {
        try Operation.quantizedConvolution(
          shape, weights: $0.weights.values, scales: $0.weights.scales, zeroPoint: $0.zeroPoint, bias: $0.weights.bias)
      } ?? Operation.convolution(shape, weights: weights, bias: bias)
    add(
      name, reads: reads, writes: [destination.buffer], scratchpadSize: operation.scratchpadSize,
      implementation: operation.implementation, arithmetic: operation.arithmetic
    ) { [from = source.buffer, to = destination.buffer] memory in
      let call = try BoundCall(
        operation, source: memory.pointer(from), destination: memory.pointer(to), scratchpad: memory.scratchpad)
      return { try call.run() }
    }
    return destination
  }

  /// Halves or doubles the sides of `source` into a new activation, or into `destination`.
  func resample(
    _ name: String, _ source: Activation, _ filter: ResampleFilter, padding: Int? = nil, bias: [Float]? = nil,
    into destination: Activation? = nil
  ) -> Activation {
    let padding = padding ?? filter.padding
    let doubles = filter.direction == .up
    let side =
      doubles
      ? 2 * (source.side - 1) + filter.taps - 2 * padding : (source.side + 2 * padding - filter.taps) / 2 + 1
    let destination = destination ?? activation(channels: source.channels, side: side, type: source.type)
    precondition(destination.side == side && destination.channels == source.channels)
    add(name, reads: [source.buffer], writes: [destination.buffer]) { [batch, kernels] memory in
      let from = memory.pointer(source.buffer)
      let to = memory.pointer(destination.buffer)
      let run = kernels[source.type].resample
      return {
        filter.values.withUnsafeBufferPointer { values in
          (bias ?? []).withUnsafeBufferPointer { biasValues in
            for image in 0..<batch {
              var call = ndc_resample(
                input: from + image * source.imageBytes, output: to + image * destination.imageBytes,
                height: Int64(source.side), width: Int64(source.side), channels: Int64(source.channels),
                taps: Int64(filter.taps), padding: Int64(padding), filter: values.baseAddress,
                doubles: doubles ? 1 : 0, bias: bias == nil ? nil : biasValues.baseAddress)
              run?(&call)
            }
          }
        }
      }
    }
    return destination
  }

  /// The 3×3 convolution of `source` with every position repeated as 2×2, by the parity of the output's row and column:
  /// four 2×2 convolutions of the small picture, whose weights are sums of those that meet the same position. That takes
  /// 4 products where the large picture takes 9.
  func doublingConvolution(
    _ name: String, _ source: Activation, outputChannels: Int, weights: [Float], bias: [Float]
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

  /// The network's last convolution, 3×3 into fp32, with `onto` added to what that activation holds.
  ///
  /// Where it has few outputs, a kernel of our own: oneDNN's pad them to a whole vector.
  func outputConvolution(
    _ name: String, _ source: Activation, outputChannels: Int, weights: [Float], bias: [Float],
    onto existing: Activation? = nil
  ) throws -> Activation {
    guard outputChannels <= Int(NDC_NARROW_OUTPUTS) else {
      return try convolution(
        name, source, outputChannels: outputChannels, kernel: 3, weights: weights, bias: bias, onto: existing,
        destinationType: .float32)
    }
    let inputs = source.channels
    let taps = (0..<3).flatMap { row in
      (0..<outputChannels).flatMap { output in
        (0..<3).flatMap { column in (0..<inputs).map { weights[(output * inputs + $0) * 9 + 3 * row + column] } }
      }
    }
    let destination = existing ?? activation(channels: outputChannels, side: source.side, type: .float32)
    precondition(destination.type == .float32 && destination.side == source.side)
    add(
      name, reads: [source.buffer] + (existing.map { [$0.buffer] } ?? []), writes: [destination.buffer],
      arithmetic: 18 * batch * source.positions * inputs * outputChannels
    ) { [batch, kernels] memory in
      let from = memory.pointer(source.buffer)
      let to = memory.floats(destination.buffer)
      let run = kernels[source.type].narrow_convolution
      return {
        taps.withUnsafeBufferPointer { taps in
          bias.withUnsafeBufferPointer { bias in
            for image in 0..<batch {
              var call = ndc_narrow_convolution(
                input: from + image * source.imageBytes,
                output: to + image * destination.positions * outputChannels, height: Int64(source.side),
                width: Int64(source.side), channels: Int64(inputs), outputs: Int64(outputChannels),
                weights: taps.baseAddress, bias: bias.baseAddress, adds: existing == nil ? 0 : 1)
              run?(&call)
            }
          }
        }
      }
    }
    return destination
  }

  /// destination = a·x + b·y, elementwise; `y` nil counts as zero. `destination` may be `x` itself.
  func blend(_ name: String, _ x: Activation, _ a: Float, _ y: Activation?, _ b: Float, into destination: Activation) {
    precondition(x.imageBytes == destination.imageBytes && x.type == destination.type)
    let second = y ?? x
    let secondScale = y == nil ? 0 : b
    add(name, reads: [x.buffer, second.buffer], writes: [destination.buffer]) { [batch, kernels] memory in
      let run = kernels[x.type].blend
      let count = Int64(batch * x.channels * x.positions)
      let (first, second, to) = (
        memory.pointer(x.buffer), memory.pointer(second.buffer), memory.pointer(destination.buffer)
      )
      return { run?(first, a, second, secondScale, to, count) }
    }
  }
}
