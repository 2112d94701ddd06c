import NoisedDiffusionClassifiers

/// Says that something long is going on whose end nobody can tell, such as opening a model of gigabytes.
enum Waiting {
  /// - Parameter what: in the words of a sentence's beginning.
  static func during<Value>(_ what: String, _ work: () throws -> Value) rethrows -> Value {
    let clock = ContinuousClock()
    let start = clock.now
    let lastSaid = Mutex(0.0)
    let ticker = Ticker(every: 1) {
      let seconds = (clock.now - start) / .seconds(1)
      let isTime = lastSaid.withLock { last in
        guard seconds >= (last == 0 ? 8 : last + 58) else { return false }
        last = seconds
        return true
      }
      if isTime { Output.notice("\(what) for \(DecimalText.shortClock(seconds)), an unknown time left") }
    }
    return try withExtendedLifetime(ticker) { try work() }
  }
}
