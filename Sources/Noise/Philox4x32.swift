/// The counter-based generator Philox 4×32-10: 128 random bits as a pure function of a counter and a key.
///
/// Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC'11, §4.3; ten rounds of
///
///     (c₀, c₁, c₂, c₃) ← (hi(M₁·c₂) ⊕ c₁ ⊕ k₀, lo(M₁·c₂), hi(M₀·c₀) ⊕ c₃ ⊕ k₁, lo(M₀·c₀)),
///
/// the key growing by (W₀, W₁) after each. For one key, distinct counters give distinct blocks (it is a bijection).
public struct Philox4x32: Hashable, Sendable {
  public typealias Block = SIMD4<UInt32>

  /// (k₀, k₁).
  public let key: SIMD2<UInt32>

  public init(key: SIMD2<UInt32>) {
    self.key = key
  }

  /// The key whose k₀ is the low and k₁ the high half of `seed`.
  public init(seed: UInt64) {
    self.init(key: SIMD2(UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32)))
  }

  /// The random block at `counter`.
  @inlinable
  public func block(at counter: Block) -> Block {
    var (c0, c1, c2, c3) = (counter.x, counter.y, counter.z, counter.w)
    var (k0, k1) = (key.x, key.y)
    for _ in 0..<10 {
      let product0 = UInt64(c0) &* 0xD251_1F53
      let product1 = UInt64(c2) &* 0xCD9E_8D57
      c0 = UInt32(truncatingIfNeeded: product1 >> 32) ^ c1 ^ k0
      c1 = UInt32(truncatingIfNeeded: product1)
      c2 = UInt32(truncatingIfNeeded: product0 >> 32) ^ c3 ^ k1
      c3 = UInt32(truncatingIfNeeded: product0)
      k0 &+= 0x9E37_79B9
      k1 &+= 0xBB67_AE85
    }
    return Block(c0, c1, c2, c3)
  }
}
