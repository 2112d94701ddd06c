/// A convolution's weights as signed bytes, w ≈ s_o·v with one scale per output channel, and what its sums of
/// (u − z)·v are multiplied with.
///
/// Each channel's scale is the one of least squared error among those that clip nothing and those that clip its largest
/// weights for finer steps.
package struct QuantizedWeights {
  /// Output × input × k × k, of magnitude at most the arithmetic's limit.
  package private(set) var values: [Int8]
  /// scale·s_o, per output channel.
  package private(set) var scales: [Float]
  /// In units of the sum.
  package private(set) var bias: [Float]?

  /// How far below its largest weight a channel may be clipped, in steps of 2.5 %.
  private static let shrinkages = (0..<20).map { 1 - 0.025 * Float($0) }
  /// A channel whose weights are all below this, or move its sum by less, counts as zero: its scale would leave no room
  /// for a bias in units of the sum.
  private static let smallest: Float = 0x1p-80

  /// - Parameter limit: the largest magnitude of a byte.
  package init(_ weights: [Float], outputs: Int, inputScale: Float, limit: Int, bias: [Float]?) {
    let width = weights.count / outputs
    values = [Int8](repeating: 0, count: weights.count)
    scales = [Float](repeating: 1, count: outputs)
    var lanes = [SIMD8<Float>](repeating: .zero, count: (width + 7) / 8)
    for output in 0..<outputs {
      let row = weights[output * width..<(output + 1) * width]
      let largest = row.reduce(0) { max($0, abs($1)) }
      guard min(largest, largest * inputScale) >= Self.smallest else { continue }
      // Padded with zeros, which round without error.
      for (offset, weight) in row.enumerated() { lanes[offset / 8][offset % 8] = weight }
      let step = Self.step(lanes, largest: largest, limit: Float(limit))
      for (block, weights) in lanes.enumerated() {
        let bytes = Self.rounded(weights * (1 / step), Float(limit))
        for lane in 0..<min(8, width - 8 * block) { values[output * width + 8 * block + lane] = Int8(bytes[lane]) }
      }
      scales[output] = inputScale * step
    }
    self.bias = bias.map { zip($0, scales).map { $0 / $1 } }
  }

  /// Ties to even, for |value| < 2²²; a library call per weight would take seconds in a large network.
  private static func rounded(_ value: SIMD8<Float>, _ limit: Float) -> SIMD8<Float> {
    let magic = SIMD8<Float>(repeating: 0x1.8p23)
    let bound = SIMD8<Float>(repeating: limit)
    let whole = (value + magic) - magic
    let below = whole.replacing(with: bound, where: whole .> bound)
    return below.replacing(with: -bound, where: below .< -bound)
  }

  /// The distance between two values of least squared error; every machine chooses the same.
  private static func step(_ row: [SIMD8<Float>], largest: Float, limit: Float) -> Float {
    var best = (error: Float.infinity, step: largest / limit)
    for shrinkage in shrinkages {
      let step = largest * shrinkage / limit
      let inverse = 1 / step
      var errors = SIMD8<Float>(repeating: 0)
      for weights in row {
        let difference = weights - rounded(weights * inverse, limit) * step
        errors += difference * difference
      }
      let error = errors.sum()
      if error < best.error { best = (error, step) }
    }
    return best.step
  }
}
