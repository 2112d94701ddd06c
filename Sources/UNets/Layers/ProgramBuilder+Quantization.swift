import Basics
import CKernels
import Checkpoints
import OneDNN

/// What becomes of the convolutions that can take bytes: those of the residual blocks and of the attention's q, k, v,
/// whose inputs come out of a normalisation. The first and last convolutions, the skip paths, the attention's products
/// and projection, and everything that only sees the embedding stay in the higher precision.
enum QuantizationPlan {
  case none
  /// Their inputs are shown to the worker's observer.
  case observed
  /// Those that the quantisation names take bytes.
  case bytes(Quantization, Int8Arithmetic)
}

extension ProgramBuilder {
  /// How the convolution with these parameters takes its input; nil in the higher precision.
  func byteRange(of convolution: Parameters) -> ByteRange? {
    quantizable.insert(convolution.path)
    guard case .bytes(let quantization, let arithmetic) = quantization else { return nil }
    return quantization.inputs[convolution.path].map { ByteRange($0, arithmetic) }
  }

  /// Shows the input of a convolution that can take bytes to the observer, where there is one.
  func observe(_ input: Activation, of convolution: Parameters) {
    guard case .observed = quantization else { return }
    precondition(input.type == .float32)
    let path = convolution.path
    let count = batch * input.channels * input.positions
    add(path + ".observe", reads: [input.buffer], writes: []) { memory in
      guard let observer = memory.observer else { return {} }
      let values = UnsafeBufferPointer(start: UnsafePointer(memory.floats(input.buffer)), count: count)
      return { observer.observe(path, values) }
    }
  }

  /// `source` as bytes.
  func quantize(_ name: String, _ source: Activation, as range: ByteRange) -> Activation {
    let destination = activation(channels: source.channels, side: source.side, range: range)
    add(name + ".quantize", reads: [source.buffer], writes: [destination.buffer]) { [batch, kernels] memory in
      let count = Int64(batch * source.channels * source.positions)
      let from = memory.pointer(source.buffer)
      let to = memory.pointer(destination.buffer).assumingMemoryBound(to: UInt8.self)
      let run = kernels[source.type].quantize
      return { withUnsafePointer(to: range.native) { run?(from, to, count, $0) } }
    }
    return destination
  }

  /// The weights of a convolution over bytes.
  func quantized(_ weights: [Float], _ shape: ConvolutionShape, _ range: ByteRange, bias: [Float]?) -> QuantizedWeights
  {
    guard case .bytes(_, let arithmetic) = quantization else { preconditionFailure("bytes without a quantisation") }
    return QuantizedWeights(
      weights, outputs: shape.outputChannels, inputScale: range.scale, limit: arithmetic.weightLimit, bias: bias)
  }

  /// - Throws: `InputError` where the quantisation names a convolution that cannot take bytes.
  func requireQuantizable() throws {
    guard case .bytes(let quantization, _) = quantization,
      let unknown = quantization.inputs.keys.filter({ !quantizable.contains($0) }).min()
    else { return }
    throw InputError(
      "the network has no convolution of that name that takes bytes",
      location: "metadata \"ndc.quantization\", field \"inputs.\(unknown.prefix(256))\"",
      expected: "one of \(quantizable.count), such as \"\(quantizable.min() ?? "")\"")
  }
}
