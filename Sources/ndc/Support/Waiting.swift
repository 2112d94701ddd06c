import NoisedDiffusionClassifiers

/// Says that something long is going on whose end nobody can tell, such as opening a model of gigabytes.
enum Waiting {
  /// - Parameter what: in the words of a sentence's beginning.
  static func during<Value>(_ what: String, _ work: () throws -> Value) rethrows -> Value {
    try withExtendedLifetime(ticker(what)) { try work() }
  }

  /// - Parameter what: in the words of a sentence's beginning.
  static func during<Value>(_ what: String, _ work: () async throws -> Value) async rethrows -> Value {
    let ticker = ticker(what)
    defer { withExtendedLifetime(ticker) {} }
    return try await work()
  }

  private static func ticker(_ what: String) -> Ticker {
    let clock = ContinuousClock()
    let start = clock.now
    let lastSaid = Mutex(0.0)
    return Ticker(every: 1) {
      let seconds = (clock.now - start) / .seconds(1)
      let isTime = lastSaid.withLock { last in
        guard seconds >= (last == 0 ? 8 : last + 58) else { return false }
        last = seconds
        return true
      }
      if isTime { Output.notice("\(what) for \(DecimalText.shortClock(seconds)), an unknown time left") }
    }
  }
}
