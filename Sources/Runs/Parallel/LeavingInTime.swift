import Basics
import Dispatch

/// What `work` gives; where the task is cancelled, a `CancellationError` within a quarter of a second, whatever the work
/// has yet to end (`patience`, in seconds, where a test has more of it).
///
/// A kernel in the middle of a large convolution cannot be stopped. It is left behind on its worker's thread, and what it
/// computes is not used. What ends by itself in that time is handed over: it may have been finished already.
package func leavingInTime<Value: Sendable>(
  within patience: Double = 0.25, _ work: @escaping @Sendable () async throws -> Value
) async throws -> Value {
  let answer = FirstAnswer<Value>()
  let task = Task {
    do {
      answer.give(.success(try await work()))
    } catch {
      answer.give(.failure(error))
    }
  }
  return try await withTaskCancellationHandler {
    try await withCheckedThrowingContinuation { answer.hand(to: $0) }
  } onCancel: {
    task.cancel()
    DispatchQueue.global().asyncAfter(deadline: .now() + patience) { answer.give(.failure(CancellationError())) }
  }
}

/// The first of several answers, for one who may come later.
private final class FirstAnswer<Value: Sendable>: Sendable {
  private enum State {
    case open
    case awaited(CheckedContinuation<Value, any Error>)
    case given(Result<Value, any Error>)
    case taken
  }
  private let state = Mutex(State.open)

  func give(_ answer: Result<Value, any Error>) {
    let waiter: CheckedContinuation<Value, any Error>? = state.withLock { state in
      switch state {
      case .open: state = .given(answer)
      case .awaited(let waiter):
        state = .taken
        return waiter
      case .given, .taken: break
      }
      return nil
    }
    waiter?.resume(with: answer)
  }

  func hand(to waiter: CheckedContinuation<Value, any Error>) {
    let answer: Result<Value, any Error>? = state.withLock { state in
      guard case .given(let answer) = state else {
        state = .awaited(waiter)
        return nil
      }
      state = .taken
      return answer
    }
    if let answer { waiter.resume(with: answer) }
  }
}
