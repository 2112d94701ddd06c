import CKernels
import OneDNN

/// A convolution over bytes by our own dot products of four, where the machine has them and oneDNN does not use them
/// (arm64): the direct form's sums, bit for bit.
struct ByteForm: ConvolutionForm {
  private typealias Kernel = @convention(c) (UnsafePointer<ndc_byte_convolution>?) -> Void

  private let shape: ConvolutionShape
  private let kernel: Kernel
  /// In the kernel's order, and what each output's sum lacks.
  private let weights: [Int8]
  private let offsets: [Int32]
  private let bias: [Float]
  private let scales: [Float]
  private let zeroPoint: Int

  init?(_ convolution: Convolution, _ kernels: KernelTable) {
    let shape = convolution.shape
    guard let bytes = convolution.bytes, let kernel = kernels[shape.destination].byte_convolution,
      shape.hasThreeByThreeTaps || shape.hasOneTap, shape.inputChannels.isMultiple(of: 4),
      shape.outputChannels.isMultiple(of: Int(NDC_WINOGRAD_PANEL))
    else { return nil }
    self.shape = shape
    self.kernel = kernel
    var ordered = [Int8](repeating: 0, count: bytes.weights.values.count)
    var offsets = [Int32](repeating: 0, count: shape.outputChannels)
    ndc_byte_weights(
      bytes.weights.values, Int64(shape.outputChannels), Int64(shape.inputChannels), Int64(shape.kernel),
      Int32(bytes.zeroPoint), &ordered, &offsets)
    weights = ordered
    self.offsets = offsets
    bias = bytes.weights.bias ?? [Float](repeating: 0, count: shape.outputChannels)
    scales = bytes.weights.scales
    zeroPoint = bytes.zeroPoint
  }

  let implementation = "dot products of bytes"
  /// What the padding counts as, of one position.
  var scratchpadSize: Int { shape.inputChannels }
  var arithmetic: Int { shape.arithmetic }

  func bind(
    from: UnsafeMutableRawPointer, to: UnsafeMutableRawPointer, scratchpad: UnsafeMutableRawPointer
  ) -> BoundStep {
    {
      [shape, kernel, weights, offsets, bias, scales, zeroPoint] in
      weights.withUnsafeBufferPointer { weights in
        offsets.withUnsafeBufferPointer { offsets in
          bias.withUnsafeBufferPointer { bias in
            scales.withUnsafeBufferPointer { scales in
              var call = ndc_byte_convolution(
                input: UnsafePointer(from.assumingMemoryBound(to: UInt8.self)), output: to,
                images: Int64(shape.batch), height: Int64(shape.height), width: Int64(shape.width),
                channels: Int64(shape.inputChannels), outputs: Int64(shape.outputChannels), side: Int64(shape.kernel),
                weights: weights.baseAddress, offsets: offsets.baseAddress, bias: bias.baseAddress,
                scales: scales.baseAddress, adds: shape.addsToDestination ? 1 : 0, zero_point: Int32(zeroPoint),
                scratch: scratchpad.assumingMemoryBound(to: UInt8.self))
              kernel(&call)
            }
          }
        }
      }
    }
  }
}

extension ConvolutionShape {
  /// Whether it is 1×1 and keeps the picture's sides.
  var hasOneTap: Bool {
    kernel == 1 && stride == 1 && [padding.top, padding.bottom, padding.left, padding.right] == [0, 0, 0, 0]
  }
}
