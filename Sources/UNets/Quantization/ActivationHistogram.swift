import Basics
import Checkpoints

/// How often values fell where: counts over bins of one width, a power of two, that grows until every value fits.
///
/// Bins begin at multiples of their width, so the counts depend on the values alone: neither on their order nor on how
/// they were split between histograms that are merged.
package struct ActivationHistogram: Sendable, Equatable {
  private static let half = 1 << 14
  /// The width at first, 2⁻¹²: values within ±4.
  private static let firstExponent = -12

  /// Bins are 2^exponent wide; bin i holds [i − half, i − half + 1)·2^exponent.
  private var exponent = firstExponent
  private var counts = [Int](repeating: 0, count: 2 * half)
  package private(set) var minimum = Float.infinity
  package private(set) var maximum = -Float.infinity
  /// NaN or infinities were among the values, which are not counted.
  package private(set) var sawNonFinite = false

  package init() {}

  package var count: Int { counts.reduce(0, +) }

  package mutating func add(_ values: UnsafeBufferPointer<Float>) {
    var (low, high) = (Float.infinity, -Float.infinity)
    for value in values {
      guard value.isFinite else {
        sawNonFinite = true
        continue
      }
      low = min(low, value)
      high = max(high, value)
    }
    guard low <= high else { return }
    fit(low, high)
    let inverse = Self.power(-exponent)
    counts.withUnsafeMutableBufferPointer { counts in
      for value in values where value.isFinite { counts[Self.bin(value * inverse)] += 1 }
    }
  }

  package mutating func merge(_ other: ActivationHistogram) {
    var other = other
    while exponent < other.exponent { widen() }
    while other.exponent < exponent { other.widen() }
    for bin in counts.indices { counts[bin] += other.counts[bin] }
    minimum = min(minimum, other.minimum)
    maximum = max(maximum, other.maximum)
    sawNonFinite = sawNonFinite || other.sawNonFinite
  }

  /// The middle of every bin that holds something, ascending, with its count.
  package var points: [(value: Float, count: Int)] {
    let width = Self.power(exponent)
    return counts.indices.lazy.filter { counts[$0] > 0 }.map { bin in
      // The outermost bins may reach beyond what was seen.
      let middle = (Float(bin - Self.half) + 0.5) * width
      return (max(minimum, min(maximum, middle)), counts[bin])
    }
  }

  private mutating func fit(_ low: Float, _ high: Float) {
    minimum = min(minimum, low)
    maximum = max(maximum, high)
    let half = Float(Self.half)
    while low < -half * Self.power(exponent) || high >= half * Self.power(exponent) { widen() }
  }

  private mutating func widen() {
    var wider = [Int](repeating: 0, count: counts.count)
    for (bin, count) in counts.enumerated() { wider[(bin - Self.half) >> 1 + Self.half] += count }
    counts = wider
    exponent += 1
  }

  private static func bin(_ scaled: Float) -> Int {
    let truncated = Int(scaled)
    return (Float(truncated) > scaled ? truncated - 1 : truncated) + half
  }

  private static func power(_ exponent: Int) -> Float { Float(sign: .plus, exponent: exponent, significand: 1) }
}

extension ActivationHistogram {
  /// Scale and zero point for these values.
  package func input(_ rule: Quantization.Rule) -> Quantization.Input {
    switch rule {
    case .full: return Self.input(minimum, maximum)
    case .percentile:
      let points = points
      let tail = Int(Double(count) * 1e-4)
      func quantile(_ points: some Sequence<(value: Float, count: Int)>) -> Float {
        var passed = 0
        for point in points {
          passed += point.count
          if passed > tail { return point.value }
        }
        return 0
      }
      return Self.input(quantile(points), quantile(points.reversed()))
    case .leastSquares: return leastSquares()
    }
  }

  /// The input that spreads 256 values over low … high and has one for zero.
  private static func input(_ low: Float, _ high: Float) -> Quantization.Input {
    let (low, high) = (min(low, 0), max(high, 0))
    let allowed = Quantization.Input.scales
    let scale = max(allowed.lowerBound, min(allowed.upperBound, (high - low) / 255))
    return Quantization.Input(scale: scale, zeroPoint: Int(max(0, min(255, (-low / scale).rounded()))))
  }

  /// Clips one end after the other where finer steps within gain more than the values beyond lose.
  private func leastSquares() -> Quantization.Input {
    let points = points
    var (low, high) = (min(minimum, 0), max(maximum, 0))
    for _ in 0..<2 {
      high = Self.best((0..<38).map { high * (1 - 0.025 * Float($0)) }) { Self.error(points, Self.input(low, $0)) }
      low = Self.best((0..<38).map { low * (1 - 0.025 * Float($0)) }) { Self.error(points, Self.input($0, high)) }
    }
    return Self.input(low, high)
  }

  private static func best(_ candidates: [Float], _ error: (Float) -> Double) -> Float {
    candidates.map { ($0, error($0)) }.min { $0.1 < $1.1 }?.0 ?? 0
  }

  private static func error(_ points: [(value: Float, count: Int)], _ input: Quantization.Input) -> Double {
    let inverse = 1 / input.scale
    let (lowest, highest) = (Float(-input.zeroPoint), Float(255 - input.zeroPoint))
    var sum = 0.0
    for (value, count) in points {
      let level = max(lowest, min(highest, (value * inverse).rounded(.toNearestOrEven)))
      let difference = value - level * input.scale
      sum += Double(difference * difference) * Double(count)
    }
    return sum
  }
}
