/// One worker's way to a served model: rows of any number, in requests of B on a connection of its own.
///
/// Whoever answers after a reconnection may be another model: nothing of it is used before it is known.
final class ServedRows {
  let model: ServedModel
  private let exchange: InferenceExchange
  /// The first connection is not a new one: the fingerprint was taken moments ago.
  private var isConnected = false

  init(_ model: ServedModel) throws {
    self.model = model
    exchange = try model.makeExchange()
  }

  /// - Parameters:
  ///   - request: the rows of a range.
  ///   - receive: takes their answers.
  /// - Throws: as `InferenceExchange.ask`; `InputError` where another model answers than the one that was opened.
  func ask(
    _ count: Int, _ request: (Range<Int>) -> InferenceExchange.Rows,
    receive: (Range<Int>, UnsafeBufferPointer<Float>) -> Void
  ) throws {
    var start = 0
    while start < count {
      let range = start..<min(start + model.batch, count)
      let answer = try exchange.ask(request(range)) { receive(range, $0) }
      if case .rows(isOnNewConnection: true) = answer, isConnected { try model.requireUnchanged(exchange) }
      isConnected = true
      start = range.upperBound
    }
  }
}
