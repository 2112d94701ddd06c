import Basics
import CKernels
import OneDNN

/// A 3×3 convolution in Winograd's form F(2×2, 3×3), or F(4×2, 3×3) of bytes: 16 products for the 36 of four outputs, or
/// 24 for the 72 of eight (Lavin and Gray 2016).
///
/// fp32 and bf16 round a little differently than in the direct form; the sums of bytes are the same integers.
package struct WinogradForm: ConvolutionForm {
  /// Whether transforming costs less than the products save, measured on 8×8 to 32×32 pictures. In bf16 the transformed
  /// values are rounded once more, which small networks would notice.
  private static func pays(_ shape: ConvolutionShape) -> Bool {
    let fewest = min(shape.inputChannels, shape.outputChannels)
    switch shape.source {
    case .float32: return fewest >= 32
    case .bfloat16: return fewest >= 128
    case .uint8: return fewest >= 32 && max(shape.inputChannels, shape.outputChannels) >= 64
    }
  }

  private typealias Kernel = @convention(c) (UnsafePointer<ndc_winograd>?) -> Void

  private let shape: ConvolutionShape
  /// Rows of outputs in a tile.
  private let tall: Int
  private let kernel: Kernel
  private let weights: WinogradWeights

  init?(_ convolution: Convolution, _ kernels: KernelTable) {
    let shape = convolution.shape
    let panel = Int(NDC_WINOGRAD_PANEL)
    guard shape.hasThreeByThreeTaps, Self.pays(shape), shape.inputChannels.isMultiple(of: panel),
      shape.outputChannels.isMultiple(of: panel)
    else { return nil }
    let own = kernels[shape.destination]
    if let bytes = convolution.bytes {
      let largest = bytes.weights.largestSum(outputs: shape.outputChannels, zeroPoint: bytes.zeroPoint)
      guard let tall = Self.tallestTile(largestSum: largest),
        let kernel = tall == 4 ? own.winograd_tall_bytes : own.winograd_bytes
      else { return nil }
      (self.tall, self.kernel) = (tall, kernel)
      weights = WinogradWeights(bytes.weights, zeroPoint: bytes.zeroPoint, tall: tall, shape)
    } else {
      guard shape.source == shape.destination, let kernel = own.winograd, let transform = own.winograd_weights
      else { return nil }
      (tall, self.kernel) = (2, kernel)
      weights = WinogradWeights(convolution.weights, bias: convolution.bias, shape, transform)
    }
    self.shape = shape
  }

  /// The rows of outputs in the tallest tile that gives sums up to `largestSum` exactly: the kernel's last sums are 48
  /// times theirs with 4 rows, 4 times with 2, and must fit 32 bits.
  package static func tallestTile(largestSum: Int) -> Int? {
    let most = Int(Int32.max)
    return 48 * largestSum <= most ? 4 : 4 * largestSum <= most ? 2 : nil
  }

  var implementation: String { "winograd F(\(tall)x2,3x3)" }

  /// Everything but what a worker and the weights bring.
  private var call: ndc_winograd {
    var call = ndc_winograd()
    call.images = Int64(shape.batch)
    call.height = Int64(shape.height)
    call.width = Int64(shape.width)
    call.channels = Int64(shape.inputChannels)
    call.outputs = Int64(shape.outputChannels)
    call.adds = shape.addsToDestination ? 1 : 0
    return call
  }

  var scratchpadSize: Int {
    withUnsafePointer(to: call) { Int(ndc_winograd_scratch($0, Int64(tall), Int64(WinogradWeights.valueSize(shape)))) }
  }

  /// Operations of its products.
  var arithmetic: Int {
    let tiles = shape.batch * ((shape.height + tall - 1) / tall) * ((shape.width + 1) / 2)
    return 2 * WinogradWeights.positions(tall) * tiles * shape.inputChannels * shape.outputChannels
  }

  func bind(
    from: UnsafeMutableRawPointer, to: UnsafeMutableRawPointer, scratchpad: UnsafeMutableRawPointer
  ) -> BoundStep {
    var call = call
    call.input = UnsafeRawPointer(from)
    call.output = to
    call.scratch = scratchpad
    call.weights = UnsafeRawPointer(weights.values)
    call.zero_point = Int32(weights.zeroPoint)
    let (bound, kernel, weights) = (call, kernel, weights)
    return {
      weights.bias.withUnsafeBufferPointer { bias in
        weights.scales.withUnsafeBufferPointer { scales in
          var call = bound
          call.bias = bias.baseAddress
          call.scales = scales.baseAddress
          kernel(&call)
        }
      }
    }
  }
}

extension QuantizedWeights {
  /// A bound on |Σ (u − z)·w| of every output, whatever the bytes u.
  package func largestSum(outputs: Int, zeroPoint: Int) -> Int {
    let width = values.count / outputs
    let largest = (0..<outputs).map { output in
      values[output * width..<(output + 1) * width].reduce(0) { $0 + abs(Int($1)) }
    }
    return (largest.max() ?? 0) * max(zeroPoint, 255 - zeroPoint)
  }
}
