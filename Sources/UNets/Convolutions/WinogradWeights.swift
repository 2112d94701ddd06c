import CKernels
import OneDNN

/// A convolution's weights as the products of Winograd's form take them, shared between workers.
final class WinogradWeights: @unchecked Sendable {
  // Written once, before the program that holds it can be seen by another thread.
  let values: UnsafeMutableRawPointer
  let bias: [Float]
  let scales: [Float]
  let zeroPoint: Int

  private init(
    count: Int, tall: Int, bias: [Float]?, scales: [Float] = [], zeroPoint: Int = 0, _ shape: ConvolutionShape
  ) {
    values = .allocate(
      byteCount: Self.positions(tall) * count / 9 * Self.valueSize(shape), alignment: MemoryPlan.alignment)
    self.bias = bias ?? [Float](repeating: 0, count: shape.outputChannels)
    self.scales = scales
    self.zeroPoint = zeroPoint
  }

  /// Of output×input×3×3 weights; `transform` makes them of the convolution's type.
  convenience init(
    _ weights: [Float], bias: [Float]?, _ shape: ConvolutionShape,
    _ transform: @convention(c) (UnsafePointer<Float>?, Int64, Int64, UnsafeMutableRawPointer?) -> Void
  ) {
    self.init(count: weights.count, tall: 2, bias: bias, shape)
    transform(weights, Int64(shape.outputChannels), Int64(shape.inputChannels), values)
  }

  /// Of bytes, for tiles with `tall` rows of outputs.
  convenience init(_ quantized: QuantizedWeights, zeroPoint: Int, tall: Int, _ shape: ConvolutionShape) {
    self.init(
      count: quantized.values.count, tall: tall, bias: quantized.bias, scales: quantized.scales, zeroPoint: zeroPoint,
      shape)
    ndc_winograd_weights_s8(
      quantized.values, Int64(shape.outputChannels), Int64(shape.inputChannels), Int64(tall),
      values.assumingMemoryBound(to: Int16.self))
  }

  deinit { values.deallocate() }

  /// Products of a tile with `tall` rows of outputs.
  static func positions(_ tall: Int) -> Int { 4 * (tall + 2) }

  /// Bytes of a transformed value: bytes grow to 16 bits.
  static func valueSize(_ shape: ConvolutionShape) -> Int { max(2, shape.source.byteCount) }
}
