import Checkpoints
import Testing
import UNets

/// What calibration keeps of the values it sees.
@Suite struct ActivationHistogramTests {
  private func histogram(_ values: [Float]) -> ActivationHistogram {
    var histogram = ActivationHistogram()
    values.withUnsafeBufferPointer { histogram.add($0) }
    return histogram
  }

  /// Normal-like values with a long tail, over several widenings.
  private var values: [Float] {
    var generator = Generator(seed: 8)
    return (0..<6000).map { index in
      let value = generator.next() + generator.next() + generator.next()
      return index % 1000 == 17 ? value * 40 : value
    }
  }

  @Test("Neither the order of the values nor how they were split matters")
  func order() {
    let whole = histogram(values)
    #expect(whole.count == values.count)
    #expect(histogram(values.reversed()) == whole)
    for cut in [1, 17, 18, 3000, 5999] {
      var left = histogram(Array(values[..<cut]))
      left.merge(histogram(Array(values[cut...])))
      #expect(left == whole, "\(cut)")
      var right = histogram(Array(values[cut...]))
      right.merge(histogram(Array(values[..<cut])))
      #expect(right == whole, "\(cut)")
    }
  }

  @Test("Points lie within a bin of the values")
  func points() {
    let sorted = values.sorted()
    let points = histogram(values).points
    #expect(points.reduce(0) { $0 + $1.count } == sorted.count)
    let spread = points.flatMap { [Float](repeating: $0.value, count: $0.count) }
    // ±160 in 2¹⁵ bins.
    #expect(zip(spread, sorted).allSatisfy { abs($0 - $1) <= 1.0 / 64 })
  }

  @Test("Infinities and NaN are noted and not counted")
  func nonFinite() {
    #expect(!histogram([1, 2]).sawNonFinite)
    let damaged = histogram([1, .nan, 3, .infinity])
    #expect(damaged.sawNonFinite && damaged.count == 2 && damaged.maximum == 3)
    #expect(histogram([.nan]).sawNonFinite)
  }

  @Test("Every rule gives a scale and a zero point that a file may hold", arguments: Quantization.Rule.allCases)
  func bounds(rule: Quantization.Rule) {
    let cases: [[Float]] = [
      values, [0], [0, 0, 0], [5], [-5], [1e-30, 2e-30], [3e38, -3e38], [-0.2785, 0, 9], [],
      [.leastNonzeroMagnitude],
    ]
    for sample in cases {
      let input = histogram(sample).input(rule)
      #expect(Quantization.Input.scales.contains(input.scale), "\(sample.prefix(3))")
      #expect((0...255).contains(input.zeroPoint), "\(sample.prefix(3))")
    }
  }

  @Test("The full range covers everything; least squares has the least error")
  func rules() {
    func error(_ rule: Quantization.Rule) -> Float {
      let input = histogram(values).input(rule)
      return values.reduce(0) { sum, value in
        let byte = max(0, min(255, (value / input.scale).rounded() + Float(input.zeroPoint)))
        let difference = value - (byte - Float(input.zeroPoint)) * input.scale
        return sum + difference * difference
      }
    }
    let full = histogram(values).input(.full)
    let (low, high) = (values.min() ?? 0, values.max() ?? 0)
    #expect(Float(-full.zeroPoint) * full.scale <= low + full.scale)
    #expect(Float(255 - full.zeroPoint) * full.scale >= high - full.scale)
    #expect(error(.leastSquares) <= error(.full))
    #expect(error(.leastSquares) <= error(.percentile))
  }
}
