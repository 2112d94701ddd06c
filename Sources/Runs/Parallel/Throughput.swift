import Basics

/// How much work a number of threads gets done in a given time.
public enum Throughput {
  /// Units of work per second of `threads` workers at once, each calling `work` again and again.
  ///
  /// - Parameters:
  ///   - prepare: makes a worker's state, outside the time measured.
  ///   - work: does some work and says how much.
  public static func measure<State>(
    threads: Int, seconds: Double, prepare: @escaping @Sendable () throws -> State,
    work: @escaping @Sendable (State) throws -> Int
  ) async throws -> Double {
    let pool = WorkerPool(size: threads, makeWorker: prepare)
    try pool.prepare()
    let clock = ContinuousClock()
    return try await withThrowingTaskGroup(of: Double.self) { group in
      for _ in 0..<threads {
        group.addTask {
          var done = 0
          var elapsed = 0.0
          try await pool.withWorker(order: 0) { state in
            // The first call is warmer than none.
            _ = try work(state)
            let start = clock.now
            repeat {
              done += try work(state)
              elapsed = (clock.now - start) / .seconds(1)
            } while elapsed < seconds
            return false
          }
          return Double(done) / elapsed
        }
      }
      return try await group.reduce(0, +)
    }
  }

  /// The middle of several measurements; the mean of the two middle ones where their number is even.
  public static func median(_ values: [Double]) -> Double {
    precondition(!values.isEmpty, "a median needs values")
    let sorted = values.sorted()
    return (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
  }
}
