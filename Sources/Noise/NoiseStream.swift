/// Random numbers as a pure function of (seed, image index, vote index, purpose, position): Docs/Mathematics.md,
/// Randomness and streams.
///
/// Position p of a stream comes from Philox 4×32-10 with the seed as its key and the counter
///
///     (p div numbers-per-block, vote, image, purpose + 2³¹·kind),   kind 0: normals, 1: words and uniforms,
///
/// four normals or two 64-bit words to a block. Streams that differ in vote, image, purpose or kind share no counter,
/// and different seeds are different keys. Nothing depends on what was asked for before, on how a range is split, or
/// on the machine (see `BoxMuller`).
///
/// The stream holds no state: make one wherever its numbers are needed.
public struct NoiseStream: Hashable, Sendable {
  public var seed: UInt64
  /// The image's index in its data set.
  public var image: UInt32
  /// The vote's index within its purpose.
  public var vote: UInt32
  public var purpose: NoisePurpose

  public init(seed: UInt64, image: UInt32, vote: UInt32, purpose: NoisePurpose) {
    self.seed = seed
    self.image = image
    self.vote = vote
    self.purpose = purpose
  }

  /// The number of normals in a stream, 2³⁴.
  public static let length = 4 << 32

  /// Fills `normals` with the N(0, 1) numbers at positions start, start + 1, …
  ///
  /// Positions 4b, 4b + 1 are the cosine and sine of one radius and 4b + 2, 4b + 3 of another. No |z| exceeds 7.54.
  /// Allocates nothing; start at a multiple of 8 for the greatest speed.
  ///
  /// - Precondition: start ≥ 0 and the last position lies below ``length``.
  public func fill(_ normals: UnsafeMutableBufferPointer<Float>, from start: Int) {
    guard let output = normals.baseAddress, !normals.isEmpty else { return }
    precondition(
      start >= 0 && start <= Self.length - normals.count,
      "positions \(start) … lie outside 0 ..< \(Self.length)")
    let philox = Philox4x32(seed: seed)
    let end = start + normals.count
    // Groups of two blocks (eight normals) lie on a fixed grid, so that a number is computed alike in every call.
    var position = start & ~7
    while position < end {
      let group = normalGroup(philox, firstBlock: UInt32(truncatingIfNeeded: position >> 2))
      if position >= start, position + 8 <= end {
        UnsafeMutableRawPointer(output + (position - start)).storeBytes(of: group, as: SIMD8<Float>.self)
      } else {
        for lane in max(0, start - position)..<min(8, end - position) {
          output[position + lane - start] = group[lane]
        }
      }
      position += 8
    }
  }

  /// The normals at positions start ..< start + count.
  public func normals(from start: Int = 0, count: Int) -> [Float] {
    [Float](unsafeUninitializedCapacity: count) { buffer, initialized in
      fill(UnsafeMutableBufferPointer(rebasing: buffer[..<count]), from: start)
      initialized = count
    }
  }

  /// The 64 random bits at a position below 2³³, independent of the stream's normals.
  public func word(at position: Int) -> UInt64 {
    precondition(position >= 0 && position < 2 << 32, "position \(position) lies outside 0 ..< 2³³")
    let counter = counter(block: UInt32(position >> 1), kind: .words)
    let block = Philox4x32(seed: seed).block(at: counter)
    return position & 1 == 0 ? Self.word(block.x, block.y) : Self.word(block.z, block.w)
  }

  /// The uniform number in [0, 1) at a position: the high 53 bits of ``word(at:)``, times 2⁻⁵³.
  public func uniform(at position: Int) -> Double {
    Double(word(at: position) >> 11) * 0x1p-53
  }

  /// The integer in 0 ..< bound at a position: ⌊bound·word/2⁶⁴⌋, of which each value's probability is within 2⁻⁶⁴ of
  /// 1/bound.
  public func integer(below bound: Int, at position: Int) -> Int {
    precondition(bound > 0, "no integer lies in 0 ..< \(bound)")
    return Int(UInt64(bound).multipliedFullWidth(by: word(at: position)).high)
  }

  /// What a block is turned into: blocks of different kinds never share a counter.
  package enum Kind: UInt32, CaseIterable {
    case normals = 0
    case words = 0x8000_0000
  }

  /// The counter of a block of this stream.
  @inline(__always)
  package func counter(block: UInt32, kind: Kind) -> Philox4x32.Block {
    Philox4x32.Block(block, vote, image, purpose.rawValue | kind.rawValue)
  }

  @inline(__always)
  private func normalGroup(_ philox: Philox4x32, firstBlock: UInt32) -> SIMD8<Float> {
    let first = philox.block(at: counter(block: firstBlock, kind: .normals))
    let second = philox.block(at: counter(block: firstBlock | 1, kind: .normals))
    let (cosine, sine) = BoxMuller.normals(
      BoxMuller.Words(
        Self.word(first.x, first.y), Self.word(first.z, first.w),
        Self.word(second.x, second.y), Self.word(second.z, second.w)))
    var group = SIMD8<Float>()
    group.evenHalf = cosine
    group.oddHalf = sine
    return group
  }

  @inline(__always)
  private static func word(_ low: UInt32, _ high: UInt32) -> UInt64 {
    UInt64(high) << 32 | UInt64(low)
  }
}
