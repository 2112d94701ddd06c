import Basics
import Foundation

/// The right to write to a run directory, held by one process at a time: an advisory lock (flock) that the system
/// releases whatever way the process ends.
///
/// The lock file says who holds it. It stays when the run ends: removing it would let two processes lock two files of
/// one name.
final class RunLock {
  private let descriptor: Int32

  /// - Throws: `UsageError` naming the process and host that hold the lock; `InputError` where it cannot be made.
  init(directory: String) throws {
    let path = Self.path(directory)
    descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW, 0o644)
    guard descriptor >= 0 else { throw InputError("cannot write to the folder: \(openingError())", file: path) }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      let busy = errno == EWOULDBLOCK
      let problem = systemError()
      let holder = Self.text(descriptor)
      close(descriptor)
      guard busy else { throw InputError("cannot lock the folder: \(problem)", file: path) }
      throw UsageError("\(directory) is being written by another run (\(holder)); wait for it or end it")
    }
    var (locked, named) = (stat(), stat())
    guard fstat(descriptor, &locked) == 0, stat(path, &named) == 0, locked.st_ino == named.st_ino,
      locked.st_dev == named.st_dev
    else {
      Self.release(descriptor)
      throw UsageError("\(directory) is being removed or replaced by another process; try again")
    }
    let holder = Array(Self.holder.utf8)
    // Written before it is cut: whoever reads in between sees a name, never nothing.
    _ = pwrite(descriptor, holder, holder.count, 0)
    _ = ftruncate(descriptor, off_t(holder.count))
  }

  deinit { if descriptor >= 0 { Self.release(descriptor) } }

  /// Given up before it is closed: a program that this process is just starting holds a copy of the descriptor until it
  /// is loaded, and the lock would live on in it.
  private static func release(_ descriptor: Int32) {
    flock(descriptor, LOCK_UN)
    close(descriptor)
  }

  /// Who is writing to a run directory; nil where nobody is, or where it cannot be told.
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
