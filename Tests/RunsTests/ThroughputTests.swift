import Runs
import Basics
import Testing

@Suite struct ThroughputTests {
  @Test("Workers make their own state, and all of them work")
  func workers() async throws {
    let made = Mutexed(0)
    let rate = try await Throughput.measure(threads: 2, seconds: 0.02) {
      made.add(1)
      return 3
    } work: { state in
      state
    }
    #expect(made.value == 2)
    // A call returns in well under a millisecond.
    #expect(rate > 3000)
  }

  @Test("What a worker throws ends the measurement")
  func failure() async {
    struct Broken: Error {}
    await #expect(throws: Broken.self) {
      try await Throughput.measure(threads: 2, seconds: 10) {
        0
      } work: { _ in
        throw Broken()
      }
    }
  }

  @Test("The median is the middle, or the mean of the two middle ones")
  func median() {
    #expect(Throughput.median([3]) == 3)
    #expect(Throughput.median([9, 1, 2]) == 2)
    #expect(Throughput.median([4, 1, 2, 8]) == 3)
  }

  private final class Mutexed: Sendable {
    private let count: Mutex<Int>
    init(_ value: Int) { count = Mutex(value) }
    func add(_ more: Int) { count.withLock { $0 += more } }
    var value: Int { count.withLock { $0 } }
  }
}
