import Dispatch
import Foundation
import NoisedDiffusionClassifiers

/// Ctrl-C and SIGTERM: the first asks the work to stop and keep what is finished, the second ends the process.
enum Interruption {
  private static let action = Mutex<(@Sendable () -> Void)?>(nil)

  /// Takes the signals over; called once, before any work begins.
  static func prepare() {
    // A reader that went away is noticed by the write, not by dying.
    signal(SIGPIPE, SIG_IGN)
    for number in [SIGINT, SIGTERM] {
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
      // The handler holds its source, which would otherwise be released here and fall silent.
      source.setEventHandler { withExtendedLifetime(source) { interrupted() } }
      source.resume()
    }
  }

  /// Runs `work` in a task that the first signal cancels.
  static func cancelling(_ work: @escaping @Sendable () async throws -> Void) async throws {
    let task = Task { try await work() }
    action.withLock { $0 = { task.cancel() } }
    try await task.value
  }

  private static func interrupted() {
    let first = action.withLock { action in
      defer { action = nil }
      return action
    }
    guard let first else { _exit(130) }
    FileHandle.standardError.write(Data("\nndc: stopping; press Ctrl-C again to stop at once\n".utf8))
    first()
  }
}
