import Noise

/// A random choice that its seed repeats.
package struct SeededOrder {
  private let words: NoiseStream
  private var position = 0

  package init(seed: UInt64) { words = NoiseStream(seed: seed, image: 0, vote: 0, purpose: .verification) }

  /// Up to `count` different numbers of 0 ..< total, each set as likely as any other (Floyd).
  package mutating func draw(_ count: Int, of total: Int) -> Set<Int> {
    var drawn: Set<Int> = []
    for last in max(0, total - count)..<total {
      let number = words.integer(below: last + 1, at: position)
      position += 1
      drawn.insert(drawn.contains(number) ? last : number)
    }
    return drawn
  }
}
