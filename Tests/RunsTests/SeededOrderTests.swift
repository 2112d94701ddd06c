import Runs
import Testing

@Suite struct SeededOrderTests {
  private func draw(_ count: Int, of total: Int, seed: UInt64) -> Set<Int> {
    var order = SeededOrder(seed: seed)
    return order.draw(count, of: total)
  }

  @Test(arguments: [(0, 5), (1, 1), (3, 10), (10, 10), (99, 100)])
  func `as many different numbers as asked for, all of them in range`(count: Int, total: Int) {
    for seed in 0..<50 {
      let drawn = draw(count, of: total, seed: UInt64(seed))
      #expect(drawn.count == count && drawn.allSatisfy((0..<total).contains))
    }
  }

  @Test func `more than there are is all there are`() {
    #expect(draw(12, of: 5, seed: 1) == Set(0..<5))
    #expect(draw(3, of: 0, seed: 1) == [])
  }

  @Test func `a seed repeats its choice, and other seeds choose otherwise`() {
    #expect(draw(3, of: 1000, seed: 4) == draw(3, of: 1000, seed: 4))
    #expect(Set((0..<20).map { draw(3, of: 1000, seed: $0) }).count == 20)
  }

  @Test func `a second draw of one order is another choice`() {
    var order = SeededOrder(seed: 4)
    #expect(order.draw(5, of: 1000) != order.draw(5, of: 1000))
  }

  /// χ² with 9 degrees of freedom exceeds 45 with probability below 1e-6.
  @Test func `each of the ten sets of two of five is as likely as any other`() {
    let draws = 5000
    var counts: [Set<Int>: Int] = [:]
    for seed in 0..<draws { counts[draw(2, of: 5, seed: UInt64(seed)), default: 0] += 1 }
    let expected = Double(draws) / 10
    let statistic = counts.values.reduce(0.0) { $0 + (Double($1) - expected) * (Double($1) - expected) / expected }
    #expect(counts.count == 10 && statistic < 45, "\(counts)")
  }
}
