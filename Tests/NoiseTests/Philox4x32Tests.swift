import Noise
import Testing

@Suite("Philox 4×32-10")
struct Philox4x32Tests {
  /// A line of Random123's tests/kat_vectors: counter, key, expected block.
  struct Vector: Sendable {
    let counter: [UInt32]
    let key: [UInt32]
    let block: [UInt32]
  }

  static let vectors = [
    Vector(
      counter: [0, 0, 0, 0], key: [0, 0],
      block: [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]),
    Vector(
      counter: [.max, .max, .max, .max], key: [.max, .max],
      block: [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd]),
    Vector(
      counter: [0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344], key: [0xa409_3822, 0x299f_31d0],
      block: [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1]),
  ]

  @Test("gives the published blocks", arguments: vectors)
  func knownAnswers(vector: Vector) {
    let philox = Philox4x32(key: SIMD2(vector.key))
    #expect(philox.block(at: SIMD4(vector.counter)) == SIMD4(vector.block))
  }

  @Test("takes the low half of a seed as its first key word")
  func seedHalves() {
    #expect(Philox4x32(seed: 0x299f_31d0_a409_3822).key == SIMD2(0xa409_3822, 0x299f_31d0))
  }

  @Test("gives different blocks for counters and keys that differ in one bit")
  func avalanche() {
    let counter = SIMD4<UInt32>(1, 2, 3, 4)
    let block = Philox4x32(seed: 5).block(at: counter)
    var flipped: [Int] = []
    for bit in 0..<192 {
      var changed = counter
      var seed: UInt64 = 5
      if bit < 128 { changed[bit / 32] ^= 1 << UInt32(bit % 32) } else { seed ^= 1 << UInt64(bit - 128) }
      let difference = Philox4x32(seed: seed).block(at: changed) ^ block
      flipped.append((0..<4).reduce(0) { $0 + difference[$1].nonzeroBitCount })
    }
    // Each count is Binomial(128, ½), of standard deviation 5.7: six of those, and the mean of 192 within five of its.
    #expect(flipped.allSatisfy { abs($0 - 64) <= 34 })
    #expect(abs(Double(flipped.reduce(0, +)) / 192 - 64) < 2.1)
  }
}
