/// Steele, Lea & Flood's generator, so that what tests draw shares nothing with the library's own noise.
package struct SplitMix64: RandomNumberGenerator {
  package var state: UInt64

  package init(state: UInt64) { self.state = state }

  package mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
    return z ^ z >> 31
  }

  /// Uniform in [0, 1).
  package mutating func unit() -> Double { Double(next() >> 11) * 0x1p-53 }

  /// Independent votes that succeed with the given probability.
  package static func votes(_ count: Int, _ probability: Double, seed: UInt64) -> [Bool] {
    var random = SplitMix64(state: seed)
    // A vote succeeds where its 64 bits fall below p·2⁶⁴.
    return (0..<count).map { _ in random.next() < UInt64(probability * 0x1p64) }
  }
}
