import Dispatch

/// Calls a function every so often, on a thread of its own, for as long as it is held.
///
/// Neither busy workers nor a task that computes without suspending keep it from running.
package final class Ticker: Sendable {
  private let isReleased = DispatchSemaphore(value: 0)

  package init(every seconds: Double, _ tick: @escaping @Sendable () -> Void) {
    BareThread.start { [isReleased] in
      while isReleased.wait(timeout: .now() + seconds) == .timedOut { tick() }
    }
  }

  deinit { isReleased.signal() }
}
