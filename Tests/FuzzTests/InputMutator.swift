import TestSupport

/// Damages inputs the same way every time, in the manner of a fuzzer.
struct InputMutator {
  private var random: SplitMix64

  /// Numbers at which sizes and offsets go wrong.
  private static let edges: [UInt64] = [
    0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF, 1 << 62,
    0x7FFF_FFFF_FFFF_FFFF, 0x8000_0000_0000_0000, .max,
  ]
  private static let digits = ["0", "-1", "1e308", "1e999", "NaN", "9223372036854775807", "18446744073709551616", "[["]

  init(seed: UInt64) { random = SplitMix64(state: seed) }

  mutating func damaged(_ input: [UInt8]) -> [UInt8] {
    var bytes = input
    for _ in 0..<Int.random(in: 1...4, using: &random) { damage(&bytes) }
    return bytes
  }

  private mutating func damage(_ bytes: inout [UInt8]) {
    guard let last = bytes.indices.last else { return bytes.append(.random(in: 0...255, using: &random)) }
    let place = Int.random(in: 0...last, using: &random)
    let end = min(bytes.count, place + Int.random(in: 1...32, using: &random))
    switch Int.random(in: 0..<7, using: &random) {
    case 0: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
    case 1: bytes[place] = .random(in: 0...255, using: &random)
    case 2: bytes.removeSubrange(place..<end)
    case 3: bytes.insert(contentsOf: bytes[place..<end], at: Int.random(in: 0...last, using: &random))
    case 4: bytes.removeSubrange(place...)
    case 5:
      let value = Self.edges.randomElement(using: &random) ?? 0
      let width = [1, 2, 4, 8].randomElement(using: &random) ?? 8
      for offset in 0..<min(width, bytes.count - place) {
        bytes[place + offset] = UInt8(truncatingIfNeeded: value >> UInt64(8 * offset))
      }
    default:
      bytes.replaceSubrange(place..<end, with: (Self.digits.randomElement(using: &random) ?? "").utf8)
    }
  }
}
