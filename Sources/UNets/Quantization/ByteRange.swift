import CKernels
import Checkpoints

/// What the bytes of a quantised convolution's input stand for: x = scale·(u − zeroPoint), u in 0 … limit.
struct ByteRange: Hashable, Sendable {
  var scale: Float
  var zeroPoint: Int
  var limit: Int

  /// The calibrated range, spread over the levels that the arithmetic has instead of 256.
  init(_ input: Quantization.Input, _ arithmetic: Int8Arithmetic) {
    limit = arithmetic.activationLimit
    scale = input.scale * (255 / Float(limit))
    zeroPoint = Int((Float(input.zeroPoint * limit) / 255).rounded(.toNearestOrEven))
  }

  var native: ndc_byte_range {
    ndc_byte_range(inverse_scale: 1 / scale, zero_point: Float(zeroPoint), top: Float(limit))
  }
}
