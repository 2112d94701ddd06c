import Basics
import CKernels
import OneDNN

/// A 3×3 convolution in Winograd's form F(2×2, 3×3), or F(4×2, 3×3) of bytes: 16 products for the 36 of four outputs, or
/// 24 for the 72 of eight (Lavin and Gray 2016).
///
/// fp32 and bf16 round a little differently than in the direct form; the sums of bytes are the same integers.
package struct WinogradForm {
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

  let shape: ConvolutionShape
  /// Rows of outputs in a tile.
  private let tall: Int
  private let kernel: Kernel
  /// What brings weights of the destination's type into the kernel's order.
  private let transform: @convention(c) (UnsafePointer<Float>?, Int64, Int64, UnsafeMutableRawPointer?) -> Void

  /// Nil where the direct form is as good, or this machine has no kernel.
  ///
  /// - Parameter bytes: the weights, where the source is bytes with this zero point.
  init?(_ shape: ConvolutionShape, bytes: (weights: QuantizedWeights, zeroPoint: Int)?, _ kernels: KernelTable) {
    let panel = Int(NDC_WINOGRAD_PANEL)
    let padding = shape.padding
    guard shape.kernel == 3, [padding.top, padding.bottom, padding.left, padding.right] == [1, 1, 1, 1],
      Self.pays(shape), shape.inputChannels.isMultiple(of: panel), shape.outputChannels.isMultiple(of: panel)
    else { return nil }
    let own = kernels[shape.destination]
    var tall = 2
    let kernel: Kernel?
    switch shape.source {
    case .float32, .bfloat16: kernel = shape.source == shape.destination ? own.winograd : nil
    case .uint8:
      let largest = bytes.map { $0.weights.largestSum(outputs: shape.outputChannels, zeroPoint: $0.zeroPoint) }
      guard let fitting = largest.flatMap(Self.tallestTile) else { return nil }
      tall = fitting
      kernel = tall == 4 ? own.winograd_tall_bytes : own.winograd_bytes
    }
    guard let kernel else { return nil }
    self.shape = shape
    self.tall = tall
    self.kernel = kernel
    transform = own.winograd_weights
  }

  /// The rows of outputs in the tallest tile that gives sums up to `largestSum` exactly: the kernel's last sums are 48
  /// times theirs with 4 rows, 4 times with 2, and must fit 32 bits.
  package static func tallestTile(largestSum: Int) -> Int? {
    let most = Int(Int32.max)
    return 48 * largestSum <= most ? 4 : 4 * largestSum <= most ? 2 : nil
  }

  var name: String { "winograd F(\(tall)x2,3x3)" }

  private var positions: Int { 4 * (tall + 2) }
  /// Bytes of a transformed value: bytes grow to 16 bits.
  private var valueSize: Int { max(2, shape.source.byteCount) }

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
    withUnsafePointer(to: call) { Int(ndc_winograd_scratch($0, Int64(tall), Int64(valueSize))) }
  }

  /// Operations of its products.
  var arithmetic: Int {
    let tiles = shape.batch * ((shape.height + tall - 1) / tall) * ((shape.width + 1) / 2)
    return 2 * positions * tiles * shape.inputChannels * shape.outputChannels
  }

  /// output×input×3×3 weights as the kernel takes them.
  func weights(_ values: [Float], bias: [Float]?) -> WinogradWeights {
    let weights = WinogradWeights(
      count: positions * values.count / 9, valueSize: valueSize,
      bias: bias ?? [Float](repeating: 0, count: shape.outputChannels), scales: [], zeroPoint: 0)
    transform(values, Int64(shape.outputChannels), Int64(shape.inputChannels), weights.values)
    return weights
  }

  func weights(_ quantized: QuantizedWeights, zeroPoint: Int) -> WinogradWeights {
    let weights = WinogradWeights(
      count: positions * quantized.values.count / 9, valueSize: valueSize,
      bias: quantized.bias ?? [Float](repeating: 0, count: shape.outputChannels), scales: quantized.scales,
      zeroPoint: zeroPoint)
    ndc_winograd_weights_s8(
      quantized.values, Int64(shape.outputChannels), Int64(shape.inputChannels), Int64(tall),
      weights.values.assumingMemoryBound(to: Int16.self))
    return weights
  }

  func bind(
    _ weights: WinogradWeights, from: UnsafeMutableRawPointer, to: UnsafeMutableRawPointer,
    scratchpad: UnsafeMutableRawPointer
  ) -> BoundStep {
    var call = call
    call.input = UnsafeRawPointer(from)
    call.output = to
    call.scratch = scratchpad
    call.weights = UnsafeRawPointer(weights.values)
    call.zero_point = Int32(weights.zeroPoint)
    let (bound, kernel) = (call, kernel)
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

/// Transformed weights, shared between workers.
final class WinogradWeights: @unchecked Sendable {
  // Written once, before the program that holds it can be seen by another thread.
  let values: UnsafeMutableRawPointer
  let bias: [Float]
  let scales: [Float]
  let zeroPoint: Int

  init(count: Int, valueSize: Int, bias: [Float], scales: [Float], zeroPoint: Int) {
    values = .allocate(byteCount: count * valueSize, alignment: MemoryPlan.alignment)
    self.bias = bias
    self.scales = scales
    self.zeroPoint = zeroPoint
  }

  deinit { values.deallocate() }
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
