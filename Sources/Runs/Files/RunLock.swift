import Basics
import Foundation

/// The right to write to a run directory, held by one process at a time: an advisory lock (flock) that the system
/// releases whatever way the process ends.
final class RunLock {
  private let descriptor: Int32

  /// - Throws: `UsageError` naming the process and host that hold the lock; `InputError` where it cannot be made.
  init(directory: String) throws {
    let path = directory + "/" + RunDirectory.hiddenPrefix + "lock"
    descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw InputError("cannot write to the folder: \(systemError())", file: path) }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      let busy = errno == EWOULDBLOCK
      let problem = systemError()
      let holder = Self.text(descriptor)
      close(descriptor)
      guard busy else { throw InputError("cannot lock the folder: \(problem)", file: path) }
      throw UsageError(
        "\(directory) is being written by another run (\(holder.isEmpty ? "which has not said who it is" : holder))")
    }
    let holder = Array(
      "process \(ProcessInfo.processInfo.processIdentifier) on \(ProcessInfo.processInfo.hostName)".utf8)
    _ = ftruncate(descriptor, 0)
    _ = pwrite(descriptor, holder, holder.count, 0)
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  private static func text(_ descriptor: Int32) -> String {
    var bytes = [UInt8](repeating: 0, count: 512)
    let count = pread(descriptor, &bytes, bytes.count, 0)
    return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
  }
}
