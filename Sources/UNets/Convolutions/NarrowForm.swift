import CKernels
import OneDNN

/// The network's last convolution, 3×3 into fp32, where it has few outputs: oneDNN's pad them to a whole vector.
struct NarrowForm: ConvolutionForm {
  private typealias Kernel = @convention(c) (UnsafePointer<ndc_narrow_convolution>?) -> Void

  private let shape: ConvolutionShape
  private let kernel: Kernel
  /// [3 rows][outputs][3 columns][inputs].
  private let taps: [Float]
  private let bias: [Float]

  init?(_ convolution: Convolution, _ kernels: KernelTable) {
    let shape = convolution.shape
    let (inputs, outputs) = (shape.inputChannels, shape.outputChannels)
    guard convolution.isOutput, outputs <= Int(NDC_NARROW_OUTPUTS), shape.hasThreeByThreeTaps, shape.source != .uint8,
      shape.destination == .float32, let kernel = kernels[shape.source].narrow_convolution
    else { return nil }
    self.shape = shape
    self.kernel = kernel
    taps = (0..<3).flatMap { row in
      (0..<outputs).flatMap { output in
        (0..<3).flatMap { column in
          (0..<inputs).map { convolution.weights[(output * inputs + $0) * 9 + 3 * row + column] }
        }
      }
    }
    bias = convolution.bias ?? [Float](repeating: 0, count: outputs)
  }

  let implementation = "fused"
  let scratchpadSize = 0
  var arithmetic: Int { shape.arithmetic }

  func bind(
    from: UnsafeMutableRawPointer, to: UnsafeMutableRawPointer, scratchpad: UnsafeMutableRawPointer
  ) -> BoundStep {
    let to = to.assumingMemoryBound(to: Float.self)
    let positions = shape.height * shape.width
    let imageBytes = positions * shape.inputChannels * shape.source.byteCount
    return { [shape, kernel, taps, bias] in
      taps.withUnsafeBufferPointer { taps in
        bias.withUnsafeBufferPointer { bias in
          for image in 0..<shape.batch {
            var call = ndc_narrow_convolution(
              input: from + image * imageBytes, output: to + image * positions * shape.outputChannels,
              height: Int64(shape.height), width: Int64(shape.width), channels: Int64(shape.inputChannels),
              outputs: Int64(shape.outputChannels), weights: taps.baseAddress, bias: bias.baseAddress,
              adds: shape.addsToDestination ? 1 : 0)
            kernel(&call)
          }
        }
      }
    }
  }
}

extension ConvolutionShape {
  /// Whether it is 3×3 and keeps the picture's sides.
  var hasThreeByThreeTaps: Bool {
    kernel == 3 && stride == 1 && [padding.top, padding.bottom, padding.left, padding.right] == [1, 1, 1, 1]
  }
}
