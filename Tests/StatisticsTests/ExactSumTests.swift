import Foundation
import Statistics
import TestSupport
import Testing

@Suite("Exact sums") struct ExactSumTests {
  @Test("Sums are exactly rounded, whatever the order")
  func sums() {
    #expect(ExactSum.sum([Double](repeating: 0.1, count: 10)) == 1)
    #expect(ExactSum.sum([1e100, 1, -1e100]) == 1)
    #expect(ExactSum.sum([]) == 0)
    // Python: math.fsum([1, 2**-53, 2**-106]).
    #expect(ExactSum.sum([1, 0x1p-53, 0x1p-106]) == 1.0.nextUp)
    var random = SplitMix64(state: 9)
    let values = (0..<1000).map { _ in (random.unit() - 0.5) * pow(10, random.unit() * 30 - 15) }
    let shuffled = values.shuffled(using: &random)
    #expect(ExactSum.sum(values) == ExactSum.sum(shuffled))
  }

  @Test("A mean of nothing is 0, and one of more than there are values counts the others as 0")
  func means() {
    #expect(ExactSum.mean([]) == 0 && ExactSum.mean([], of: 3) == 0 && ExactSum.mean([], of: 0) == 0)
    #expect(ExactSum.mean([0.1, 0.2]) == (0.1 + 0.2) / 2)
    #expect(ExactSum.mean([Double](repeating: 0.1, count: 10), of: 20) == 0.05)
  }
}
