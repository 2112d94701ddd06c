import Basics
import Foundation

/// The right to write to a run directory, held by one process at a time: an advisory lock (flock) that the system
/// releases whatever way the process ends.
///
/// The lock file says who holds it. It stays when the run ends: removing it would let two processes lock two files of
/// one name.
package final class RunLock: Sendable {
  private let directory: String
  private let descriptor: Int32

  /// How long a process that only looks may be in the way; it looks for an instant.
  private static let patience = Duration.seconds(10)

  /// - Throws: `UsageError` naming the process and host that hold the lock; `InputError` where it cannot be made.
  init(directory: String) throws {
    let path = Self.path(directory)
    let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW, 0o644)
    guard descriptor >= 0 else { throw InputError("cannot write to the folder: \(openingError())", file: path) }
    do {
      try Self.take(descriptor, directory: directory, path: path)
    } catch {
      close(descriptor)
      throw error
    }
    self.directory = directory
    self.descriptor = descriptor
  }

  private static func take(_ descriptor: Int32, directory: String, path: String) throws {
    let end = ContinuousClock.now + patience
    while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
      guard errno == EWOULDBLOCK else { throw InputError("cannot lock the folder: \(systemError())", file: path) }
      // Who looks shares the lock with others who do; who writes shares it with nobody.
      guard flock(descriptor, LOCK_SH | LOCK_NB) == 0, ContinuousClock.now < end else {
        throw UsageError("\(directory) is being written by another run (\(text(descriptor))); wait for it or end it")
      }
      flock(descriptor, LOCK_UN)
      usleep(.random(in: 500...3000))
    }
    guard isNamed(descriptor, path) else {
      flock(descriptor, LOCK_UN)
      throw UsageError("\(directory) is being removed or replaced by another process; try again")
    }
    let holder = Array(holder.utf8)
    // Written before it is cut: whoever reads in between sees a name, never nothing.
    _ = pwrite(descriptor, holder, holder.count, 0)
    _ = ftruncate(descriptor, off_t(holder.count))
  }

  private static func isNamed(_ descriptor: Int32, _ path: String) -> Bool {
    var (locked, named) = (stat(), stat())
    return fstat(descriptor, &locked) == 0 && stat(path, &named) == 0 && locked.st_ino == named.st_ino
      && locked.st_dev == named.st_dev
  }

  /// - Throws: `InputError` where the folder was removed since: what has its name now is somebody else's.
  package func requireHeld() throws {
    guard !Self.isNamed(descriptor, Self.path(directory)) else { return }
    throw InputError("the folder was removed or replaced while it was being written", file: directory)
  }

  deinit { Self.release(descriptor) }

  /// Given up before it is closed: a program that this process is just starting holds a copy of the descriptor until it
  /// is loaded, and the lock would live on in it.
  private static func release(_ descriptor: Int32) {
    flock(descriptor, LOCK_UN)
    close(descriptor)
  }

  /// Who is writing to a run directory; nil where nobody is, or where it cannot be told.
  ///
  /// The lock is shared for an instant, which a run that starts just then waits for.
  static func holder(directory: String) -> String? {
    let descriptor = open(path(directory), O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { return nil }
    defer { release(descriptor) }
    guard flock(descriptor, LOCK_SH | LOCK_NB) != 0, errno == EWOULDBLOCK else { return nil }
    return text(descriptor)
  }

  private static func path(_ directory: String) -> String { directory + "/" + RunDirectory.hiddenPrefix + "lock" }

  private static var holder: String {
    let process = ProcessInfo.processInfo
    return "process \(process.processIdentifier) on \(process.hostName), since \(RunManifest.now())"
  }

  private static func text(_ descriptor: Int32) -> String {
    var bytes = [UInt8](repeating: 0, count: 512)
    let count = pread(descriptor, &bytes, bytes.count, 0)
    let text = String(decoding: bytes.prefix(max(0, count)), as: UTF8.self).filter { !$0.isNewline }
    return text.isEmpty ? "which has not said who it is" : text
  }
}
