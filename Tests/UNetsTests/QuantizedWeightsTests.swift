import Testing
import UNets

/// Weights as signed bytes with a scale per output channel.
@Suite struct QuantizedWeightsTests {
  @Test("Bytes times their scale are the weights to half a step, and lie within the limit", arguments: [64, 91, 127])
  func rounding(limit: Int) {
    var generator = Generator(seed: 3)
    // A width that fills no vector, and channels of very different sizes.
    let (outputs, width) = (5, 27)
    let sizes: [Float] = [1, 1e-6, 300, 0.02, 1e9]
    let weights = sizes.flatMap { size in generator.values(width).map { $0 * size } }
    let bytes = QuantizedWeights(weights, outputs: outputs, inputScale: 0.25, limit: limit, bias: nil)
    for output in 0..<outputs {
      let step = bytes.scales[output] / 0.25
      let row = weights[output * width..<(output + 1) * width]
      let largest = row.map(abs).max() ?? 0
      // Uniform weights gain nothing from clipping more than the outermost step.
      #expect(step <= largest / Float(limit) * 1.0001 && step > 0.9 * largest / Float(limit))
      for (weight, byte) in zip(row, bytes.values[output * width..<(output + 1) * width]) {
        #expect(abs(Int(byte)) <= limit)
        let clipped = abs(weight) > step * (Float(limit) + 0.5)
        #expect(clipped ? abs(Int(byte)) == limit : abs(weight - Float(byte) * step) <= 0.5001 * step)
      }
    }
    #expect(bytes.bias == nil)
  }

  @Test("A channel with one large weight is clipped where that lowers the error")
  func clipping() {
    var generator = Generator(seed: 4)
    let weights = [Float(4)] + generator.values(2303)
    let bytes = QuantizedWeights(weights, outputs: 1, inputScale: 1, limit: 15, bias: nil)
    func error(_ step: Float) -> Float {
      weights.reduce(0) { sum, weight in
        let byte = max(-15, min(15, (weight / step).rounded(.toNearestOrEven)))
        return sum + (weight - byte * step) * (weight - byte * step)
      }
    }
    #expect(bytes.scales[0] < 0.9 * 4 / 15)
    #expect(error(bytes.scales[0]) < error(4 / 15))
    #expect(bytes.values[0] == 15)
  }

  @Test("The bias is in units of the sum; channels of zeros and of nearly nothing keep theirs")
  func bias() {
    let tiny = Float.leastNonzeroMagnitude
    let weights: [Float] = [1, -0.5, 0, 0, tiny, -tiny]
    let bytes = QuantizedWeights(weights, outputs: 3, inputScale: 0.125, limit: 127, bias: [3, -2, 7])
    for (scale, (bias, expected)) in zip(bytes.scales, zip(bytes.bias ?? [], [Float(3), -2, 7])) {
      #expect(abs(scale * bias - expected) < 1e-6)
    }
    #expect(bytes.values[2...].allSatisfy { $0 == 0 })
    #expect(bytes.values[0] == 127)
  }
}
