import Foundation

/// Normals for tests: SplitMix64 and Box–Muller.
package struct TestNormals {
  private var random: SplitMix64

  package init(seed: UInt64) { random = SplitMix64(state: seed &* 0x9E37_79B9_7F4A_7C15 &+ 1) }

  /// Uniform in (0, 1).
  package mutating func uniform() -> Double { (Double(random.next() >> 11) + 0.5) / 9_007_199_254_740_992 }

  package mutating func next() -> Double {
    (-2 * log(uniform())).squareRoot() * cos(2 * Double.pi * uniform())
  }

  package mutating func floats(_ count: Int) -> [Float] { (0..<count).map { _ in Float(next()) } }
}
