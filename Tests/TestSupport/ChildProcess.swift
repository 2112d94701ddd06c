import Foundation

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// A program that a test started, by posix_spawn, with no descriptor but the three that it is given.
///
/// Foundation's Process crashes where more than some 1 300 descriptors are open: it copies whole dirents out of the
/// listing of its own descriptors, the last one from beyond the buffer.
package final class ChildProcess: @unchecked Sendable {
  package struct Failure: Error, CustomStringConvertible {
    package let description: String
  }

  /// How it ended; `code` is the exit status or the signal.
  package struct Ending: Sendable {
    package var isSignal: Bool
    package var code: Int32
  }

  package let identifier: pid_t
  private let condition = NSCondition()
  private var ending: Ending?

  /// Starts a program with nothing to read.
  ///
  /// - Parameters:
  ///   - output: the descriptor that becomes its stdout; nil for the tests' own.
  ///   - errors: the descriptor that becomes its stderr; nil for the tests' own.
  package init(
    _ executable: URL, _ arguments: [String], in folder: URL, output: Int32? = nil, errors: Int32? = nil
  ) throws {
    #if canImport(Darwin)
      var actions: posix_spawn_file_actions_t?
      var attributes: posix_spawnattr_t?
    #else
      var actions = posix_spawn_file_actions_t()
      var attributes = posix_spawnattr_t()
    #endif
    posix_spawn_file_actions_init(&actions)
    posix_spawnattr_init(&attributes)
    defer {
      posix_spawn_file_actions_destroy(&actions)
      posix_spawnattr_destroy(&attributes)
    }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_adddup2(&actions, output ?? 1, 1)
    posix_spawn_file_actions_adddup2(&actions, errors ?? 2, 2)
    // What a test blocks or ignores is not the program's business.
    var none = sigset_t()
    var all = sigset_t()
    sigemptyset(&none)
    sigfillset(&all)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setsigdefault(&attributes, &all)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
    // A lock or a pipe of another test must not live on in the program.
    for descriptor in 3..<min(getdtablesize(), 8192) { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
    // The shell knows the one portable way to start a program in another folder.
    let line = ["/bin/sh", "-c", #"cd "$0" && exec "$@""#, folder.path, executable.path] + arguments
    var words = line.map { strdup($0) } + [nil]
    defer { words.forEach { free($0) } }
    var started = pid_t()
    let code = posix_spawn(&started, "/bin/sh", &actions, &attributes, &words, environ)
    guard code == 0 else {
      throw Failure(description: "\(executable.path) in \(folder.path): \(String(cString: strerror(code)))")
    }
    let child = started
    identifier = child
    Thread.detachNewThread { [self] in
      var status: Int32 = 0
      while waitpid(child, &status, 0) < 0, errno == EINTR {}
      let signal = status & 0x7f
      condition.withLock {
        ending = Ending(isSignal: signal != 0, code: signal != 0 ? signal : (status >> 8) & 0xff)
        condition.broadcast()
      }
    }
  }

  package var isRunning: Bool { condition.withLock { ending == nil } }

  /// Nothing happens once it has ended.
  package func send(_ signal: Int32) {
    condition.withLock { if ending == nil { _ = kill(identifier, signal) } }
  }

  /// Waits for the end; past the limit it is killed.
  ///
  /// - Parameter limit: in seconds.
  @discardableResult
  package func wait(limit: TimeInterval = .infinity) -> Ending {
    let deadline = limit.isFinite ? Date(timeIntervalSinceNow: limit) : .distantFuture
    condition.lock()
    defer { condition.unlock() }
    var isKilled = false
    while true {
      if let ending { return ending }
      if isKilled || !limit.isFinite {
        condition.wait()
      } else if !condition.wait(until: deadline), ending == nil {
        isKilled = true
        kill(identifier, SIGKILL)
      }
    }
  }
}
