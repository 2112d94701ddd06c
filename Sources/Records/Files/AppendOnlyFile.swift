import Basics
import Foundation

/// The message of the last failed system call.
package func systemError() -> String { String(cString: strerror(errno)) }

/// The message of a failed `open` that follows no links.
package func openingError() -> String {
  errno == ELOOP ? "it is a symbolic link, and nothing is written through one here" : systemError()
}

/// A file that only grows: what has been appended is on the disk, under the file's name, when `append` returns.
final class AppendOnlyFile {
  let path: String
  let descriptor: Int32
  private var length: off_t

  /// Opens or creates the file and cuts it to its first `length` bytes; a symbolic link is refused.
  init(path: String, keeping length: Int) throws {
    descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o644)
    self.path = path
    self.length = off_t(length)
    guard descriptor >= 0 else { throw InputError("cannot open for writing: \(openingError())", file: path) }
    guard ftruncate(descriptor, self.length) == 0 else {
      throw InputError("cannot cut to \(length) bytes: \(systemError())", file: path)
    }
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  /// Appends all bytes or none.
  func append(_ bytes: some Collection<UInt8>) throws {
    try requireInPlace()
    do {
      try writeAll(Array(bytes), to: descriptor, at: length, path: path)
      guard Durability.synchronise(descriptor) || errno == EINVAL else {
        throw InputError("cannot write: \(systemError())", file: path)
      }
    } catch {
      // What was written of the record before the disk was full would be a torn line; it may fail, and is dropped
      // on resume then.
      _ = ftruncate(descriptor, length)
      throw error
    }
    length += off_t(bytes.count)
  }

  /// A file that was removed or replaced takes what is written to it all the same, and nobody would find it again.
  private func requireInPlace() throws {
    var (ours, named) = (stat(), stat())
    guard fstat(descriptor, &ours) == 0 else { return }
    guard stat(path, &named) == 0 else {
      throw InputError("has vanished while it was being written: \(systemError())", file: path)
    }
    // A pipe or device in the place of the file has no place to be compared.
    guard ours.st_mode & S_IFMT != S_IFREG || (ours.st_dev, ours.st_ino) == (named.st_dev, named.st_ino) else {
      throw InputError("has been replaced by another file while it was being written", file: path)
    }
  }
}

private func writeAll(_ bytes: [UInt8], to descriptor: Int32, at offset: off_t, path: String) throws {
  try bytes.withUnsafeBytes { buffer in
    var done = 0
    while done < buffer.count {
      let written = pwrite(
        descriptor, buffer.baseAddress?.advanced(by: done), buffer.count - done, offset + off_t(done))
      if written < 0 {
        if errno == EINTR { continue }
        throw InputError("cannot write: \(systemError())", file: path)
      }
      done += written
    }
  }
}
