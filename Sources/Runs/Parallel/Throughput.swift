/// How much work a number of threads gets done in a given time.
public enum Throughput {
  /// Units of work per second of `threads` workers at once, each calling `work` again and again.
  ///
  /// - Parameters:
  ///   - prepare: makes a worker's state, outside the time measured.
  ///   - work: does some work and says how much.
  /// - Throws: `CancellationError` within a quarter of a second when the task is cancelled; whatever the two throw.
  public static func measure<State>(
    threads: Int, seconds: Double, prepare: @escaping @Sendable () throws -> State,
    work: @escaping @Sendable (State) throws -> Int
  ) async throws -> Double {
    try await leavingInTime {
      let pool = WorkerPool(size: threads, makeWorker: prepare)
      try await pool.prepare()
      let clock = ContinuousClock()
      let rates = try await pool.share(among: threads, part: 0.0) { rate, state in
        // The first call warms up, unless it takes as long as the whole measurement should.
        var start = clock.now
        var done = try work(state)
        var elapsed = (clock.now - start) / .seconds(1)
        if elapsed < seconds {
          done = 0
          start = clock.now
          repeat {
            try Task.checkCancellation()
            done += try work(state)
            elapsed = (clock.now - start) / .seconds(1)
          } while elapsed < seconds
        }
        rate = Double(done) / elapsed
        return false
      }
      return rates.reduce(0, +)
    }
  }

  /// The middle of several measurements; the mean of the two middle ones where their number is even.
  public static func median(_ values: [Double]) -> Double {
    precondition(!values.isEmpty, "a median needs values")
    let sorted = values.sorted()
    return (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
  }
}
