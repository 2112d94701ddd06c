import Basics
import CKernels
import OneDNN

/// How a 3×3 convolution is done in Winograd's form F(2×2, 3×3), where it pays: 16 products for the 36 of four outputs
/// (Lavin and Gray 2016).
///
/// fp32 and bf16 round a little differently then; sums of bytes stay exact integers.
struct WinogradForm {
  /// Below so many channels or outputs, transforming costs what the products save.
  static let fewestChannels = 64
  /// In bf16 the transformed values are rounded once more, which small networks would notice.
  static let fewestRoundedChannels = 128

  private var shape: ConvolutionShape
  private var run: @convention(c) (UnsafePointer<ndc_winograd>?) -> Void

  /// Nil where the direct form is as good, or this machine has no kernel.
  init?(_ shape: ConvolutionShape, _ kernels: KernelTable) {
    let panel = Int(NDC_WINOGRAD_PANEL)
    let channels = min(shape.inputChannels, shape.outputChannels)
    let fewest = shape.source == .bfloat16 ? Self.fewestRoundedChannels : Self.fewestChannels
    let padding = shape.padding
    guard shape.kernel == 3, [padding.top, padding.bottom, padding.left, padding.right] == [1, 1, 1, 1],
      channels >= fewest, shape.inputChannels.isMultiple(of: panel), shape.outputChannels.isMultiple(of: panel)
    else { return nil }
    let functions = kernels.functions
    let run: (@convention(c) (UnsafePointer<ndc_winograd>?) -> Void)?
    switch (shape.source, shape.destination) {
    case (.float32, .float32): run = functions.winograd_f32
    case (.bfloat16, .bfloat16): run = functions.winograd_bf16
    case (.uint8, .float32): run = functions.winograd_bytes_f32
    case (.uint8, .bfloat16): run = functions.winograd_bytes_bf16
    default: run = nil
    }
    guard let run, shape.source != .uint8 || shape.inputChannels <= Int(NDC_WINOGRAD_BYTE_CHANNELS) else { return nil }
    self.shape = shape
    self.run = run
  }

  private var valueSize: Int { shape.source == .float32 ? 4 : 2 }
  private var tiles: Int { shape.batch * ((shape.height + 1) / 2) * ((shape.width + 1) / 2) }

  var scratchpadSize: Int {
    Int(ndc_winograd_scratch(Int64(tiles), Int64(shape.inputChannels), Int64(valueSize)))
  }

  /// Operations of its products.
  var arithmetic: Int { 32 * tiles * shape.inputChannels * shape.outputChannels }

  func weights(_ values: [Float], bias: [Float]?) -> WinogradWeights {
    let weights = WinogradWeights(shape, valueSize: valueSize, bias: bias, scales: nil, zeroPoint: 0)
    if shape.source == .float32 {
      ndc_winograd_weights_f32(
        values, Int64(shape.outputChannels), Int64(shape.inputChannels),
        weights.values.assumingMemoryBound(to: Float.self))
    } else {
      ndc_winograd_weights_bf16(
        values, Int64(shape.outputChannels), Int64(shape.inputChannels),
        weights.values.assumingMemoryBound(to: UInt16.self))
    }
    return weights
  }

  func weights(_ quantized: QuantizedWeights, zeroPoint: Int) -> WinogradWeights {
    let weights = WinogradWeights(
      shape, valueSize: valueSize, bias: quantized.bias, scales: quantized.scales, zeroPoint: zeroPoint)
    ndc_winograd_weights_s8(
      quantized.values, Int64(shape.outputChannels), Int64(shape.inputChannels),
      weights.values.assumingMemoryBound(to: Int16.self))
    return weights
  }

  func bind(
    _ weights: WinogradWeights, from: UnsafeMutableRawPointer, to: UnsafeMutableRawPointer,
    scratchpad: UnsafeMutableRawPointer
  ) -> BoundStep {
    let (shape, run) = (shape, run)
    return {
      weights.bias.withUnsafeBufferPointer { bias in
        weights.scales.withUnsafeBufferPointer { scales in
          var call = ndc_winograd(
            input: from, output: to, images: Int64(shape.batch), height: Int64(shape.height),
            width: Int64(shape.width), channels: Int64(shape.inputChannels), outputs: Int64(shape.outputChannels),
            weights: weights.values, bias: bias.baseAddress, adds: shape.addsToDestination ? 1 : 0,
            scales: scales.baseAddress, zero_point: Int32(weights.zeroPoint), scratch: scratchpad)
          run(&call)
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

  init(_ shape: ConvolutionShape, valueSize: Int, bias: [Float]?, scales: [Float]?, zeroPoint: Int) {
    values = .allocate(
      byteCount: 16 * shape.inputChannels * shape.outputChannels * valueSize, alignment: MemoryPlan.alignment)
    self.bias = bias ?? [Float](repeating: 0, count: shape.outputChannels)
    self.scales = scales ?? []
    self.zeroPoint = zeroPoint
  }

  deinit { values.deallocate() }
}
