import Basics

/// Connections between two uses: a new one costs round trips, and over https a handshake.
final class IdleExchanges: Sendable {
  /// Unchecked: whoever takes it is the only one who has it.
  private struct Kept: @unchecked Sendable {
    let exchange: InferenceExchange
  }

  private let kept: Mutex<[Kept]>

  init(_ exchange: InferenceExchange) { kept = Mutex([Kept(exchange: exchange)]) }

  func take() -> InferenceExchange? { kept.withLock { $0.popLast() }?.exchange }

  func keep(_ exchange: InferenceExchange) {
    let exchange = Kept(exchange: exchange)
    kept.withLock { $0.append(exchange) }
  }
}
