import Testing
import UNets

/// Buffers share memory only where their lives do not meet.
@Suite struct MemoryPlanTests {
  /// A random program of the kind networks make: each step reads some earlier buffers and writes a new one.
  struct Trace: Sendable, CustomStringConvertible {
    var sizes: [Int]
    var steps: [[Buffer]]
    var pinned: Set<Buffer>
    var seed: UInt64

    init(seed: UInt64, steps count: Int = 60) {
      var generator = Generator(seed: seed)
      func below(_ limit: Int) -> Int { min(limit - 1, Int((generator.next() + 2) / 4 * Float(limit))) }
      self.seed = seed
      sizes = [below(5000) + 1]
      steps = []
      pinned = []
      for _ in 0..<count {
        let reads = (0...below(3)).map { _ in Buffer(id: max(0, sizes.count - 1 - below(12) * below(3))) }
        sizes.append(below(4) == 0 ? 0 : below(40_000))
        steps.append(reads + [Buffer(id: sizes.count - 1)])
      }
      pinned = Set([0, below(sizes.count), sizes.count - 1].map { Buffer(id: $0) })
    }

    var description: String { "seed \(seed)" }

    /// First and last step of a buffer's life.
    func life(_ id: Int) -> ClosedRange<Int>? {
      if pinned.contains(Buffer(id: id)) { return -1...steps.count }
      let uses = steps.indices.filter { steps[$0].contains(Buffer(id: id)) }
      return uses.first.flatMap { first in uses.last.map { first...$0 } }
    }
  }

  /// Pairs that are alive together in the same bytes.
  private func collisions(_ trace: Trace, offsets: [Int]) -> Int {
    var count = 0
    for a in trace.sizes.indices {
      for b in 0..<a {
        guard let first = trace.life(a), let second = trace.life(b), first.overlaps(second) else { continue }
        let one = offsets[a]..<offsets[a] + trace.sizes[a]
        if one.overlaps(offsets[b]..<offsets[b] + trace.sizes[b]) { count += 1 }
      }
    }
    return count
  }

  static let traces = (1...20).map { Trace(seed: $0) }

  @Test("Buffers alive at the same time never overlap, and pinned ones never share", arguments: traces)
  func neverOverlaps(trace: Trace) {
    let plan = MemoryPlan(sizes: trace.sizes, steps: trace.steps, pinned: trace.pinned)
    #expect(collisions(trace, offsets: plan.offsets) == 0)
    // The check itself sees an overlap: everything in one place.
    #expect(collisions(trace, offsets: trace.sizes.map { _ in 0 }) > 0)
  }

  @Test("Every buffer is aligned and inside the arena", arguments: traces)
  func aligned(trace: Trace) {
    let plan = MemoryPlan(sizes: trace.sizes, steps: trace.steps, pinned: trace.pinned)
    #expect(plan.offsets.allSatisfy { $0 >= 0 && $0 % 64 == 0 })
    #expect(zip(plan.offsets, trace.sizes).allSatisfy { $0 + $1 <= plan.byteCount })
    #expect(plan.byteCount % 64 == 0)
  }

  @Test("Memory is used again once a buffer is dead")
  func reuses() {
    let buffers = (0..<10).map { Buffer(id: $0) }
    let chain = (1..<10).map { [buffers[$0 - 1], buffers[$0]] }
    let sizes = [Int](repeating: 1000, count: 10)
    // A chain needs two buffers of 1024 bytes; with both ends pinned, four.
    #expect(MemoryPlan(sizes: sizes, steps: chain, pinned: []).byteCount == 2048)
    #expect(MemoryPlan(sizes: sizes, steps: chain, pinned: [buffers[0], buffers[9]]).byteCount == 4096)
  }
}
