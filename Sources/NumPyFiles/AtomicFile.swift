import Basics
import Foundation

/// Writing a file so that readers see the old one or the whole new one, also after a crash.
public enum AtomicFile {
  /// Writes a temporary file beside `path`, brings it to the disk and renames it.
  ///
  /// A symbolic link is followed; a device or a pipe is written to directly.
  /// - Throws: `InputError` naming `path` when it cannot be written. The temporary file is removed then.
  public static func write(_ bytes: [UInt8], to path: String) throws {
    var status = stat()
    if stat(path, &status) == 0, [S_IFCHR, S_IFIFO, S_IFSOCK].contains(status.st_mode & S_IFMT) {
      let descriptor = open(path, O_WRONLY | O_CLOEXEC)
      guard descriptor >= 0 else { throw problem("cannot open for writing", path) }
      defer { close(descriptor) }
      return try writeAll(bytes, descriptor, path)
    }
    let target = URL(fileURLWithPath: path).resolvingSymlinksInPath()
    let folder = target.deletingLastPathComponent()
    let unique = "\(getpid())-\(String(UInt64.random(in: 0 ... .max), radix: 16))"
    let temporary = folder.appendingPathComponent(".\(unique).tmp").path
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { throw problem("cannot write", path) }
    var finished = false
    defer { if !finished { unlink(temporary) } }
    do {
      defer { close(descriptor) }
      try writeAll(bytes, descriptor, path)
      guard fsync(descriptor) == 0 else { throw problem("cannot bring to the disk", path) }
    }
    guard rename(temporary, target.path) == 0 else { throw problem("cannot write", path) }
    finished = true
    // Only now is the new name on the disk too; a file system that cannot do this has still renamed.
    let directory = open(folder.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    if directory >= 0 {
      fsync(directory)
      close(directory)
    }
  }

  private static func writeAll(_ bytes: [UInt8], _ descriptor: Int32, _ path: String) throws {
    try bytes.withUnsafeBytes { buffer in
      var rest = buffer[...]
      while !rest.isEmpty {
        let part = UnsafeRawBufferPointer(rebasing: rest)
        let written = Foundation.write(descriptor, part.baseAddress, part.count)
        if written < 0, errno == EINTR { continue }
        guard written > 0 else { throw problem("cannot write", path) }
        rest = rest.dropFirst(written)
      }
    }
  }

  private static func problem(_ text: String, _ path: String) -> InputError {
    InputError("\(text): \(String(cString: strerror(errno)))", file: path)
  }
}
