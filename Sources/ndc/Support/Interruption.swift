import Foundation
import NoisedDiffusionClassifiers
import Synchronization

/// Ctrl-C and SIGTERM: the first stops the work and keeps what is finished, the second ends the process; before there is
/// anything to keep, the first does.
///
/// A handler and a thread of its own: neither busy cores nor a task that never suspends keep a signal waiting.
enum Interruption {
  private struct State {
    /// Cancels the command's task.
    var cancel: (@Sendable () -> Void)?
    var keeps = false
  }

  private static let state = NoisedDiffusionClassifiers.Mutex(State())
  /// When the first signal came, in nanoseconds; 0 before.
  private static let first = Atomic<UInt64>(0)
  /// What the handler writes to.
  private static let pipe = Atomic<Int32>(-1)
  /// Signals closer together are one: `timeout` sends its own to the process and to its group.
  private static let oneSignal: UInt64 = 100_000_000

  /// Takes the signals over; called once, before any work begins.
  static func prepare() {
    // A reader that went away is noticed by the write, not by dying.
    signal(SIGPIPE, SIG_IGN)
    var ends: [Int32] = [-1, -1]
    guard Foundation.pipe(&ends) == 0 else { return }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    pipe.store(ends[1], ordering: .sequentiallyConsistent)
    BareThread.start { [reading = ends[0]] in
      var number: UInt8 = 0
      while true {
        let count = read(reading, &number, 1)
        if count == 1 { interrupted(by: Int32(number)) } else if count == 0 || errno != EINTR { return }
      }
    }
    for number in [SIGINT, SIGTERM] {
      signal(number) { number in
        // Nothing but what a handler may do.
        let error = errno
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        let now = UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
        let before = Interruption.first.compareExchange(
          expected: 0, desired: now, ordering: .sequentiallyConsistent
        ).original
        if before == 0 {
          var byte = UInt8(number)
          _ = write(Interruption.pipe.load(ordering: .sequentiallyConsistent), &byte, 1)
        } else if now - before > Interruption.oneSignal {
          _exit(128 + number)
        }
        errno = error
      }
    }
  }

  /// Runs `work` in a task that the first signal cancels.
  static func cancelling(_ work: @escaping @Sendable () async throws -> Void) async throws {
    let task = Task { try await work() }
    state.withLock { $0.cancel = { task.cancel() } }
    try await task.value
  }

  /// From now on there is something to keep, or to say: a signal lets the command end by itself.
  static func keepWork() { state.withLock { $0.keeps = true } }

  /// Ends the process as a signal would that is ignored here.
  static func end(bySignal number: Int32) -> Never {
    UnfinishedOutputs.removeAll()
    signal(number, SIG_DFL)
    raise(number)
    _exit(128 + number)
  }

  /// Ends the process, whatever other threads are in the middle of.
  static func end(status: Int32) -> Never {
    fflush(nil)
    UnfinishedOutputs.removeAll()
    _exit(status)
  }

  private static func interrupted(by number: Int32) {
    let (cancel, keeps) = state.withLock { ($0.cancel, $0.keeps) }
    guard keeps, let cancel else {
      say("interrupted")
      end(status: 130)
    }
    cancel()
    say("stopping; press Ctrl-C again to stop at once")
  }

  private static func say(_ text: String) {
    StandardStream.errors.write("\nndc: \(text)\n")
  }
}
