import Foundation

/// A file that appears under its name only when complete: readers see the old one or the whole new one, also after a
/// crash.
public struct AtomicFile {
  /// Begins the names of files that are still being written.
  public static let temporaryPrefix = ".ndc-"

  private let descriptor: Int32
  private let path: String

  /// Writes a temporary file beside `path`, brings it to the disk and renames it.
  ///
  /// A symbolic link is followed; a device or a pipe is written to directly. Where `path` lies in a folder that came
  /// from elsewhere, `followsLinks` is false: a link is refused, and whatever else is there is replaced.
  /// - Throws: `InputError` naming `path` when it cannot be written; whatever `body` throws. The temporary file is
  ///   removed then.
  public static func write(
    to path: String, followsLinks: Bool = true, _ body: (AtomicFile) throws -> Void
  ) throws {
    var status = stat()
    if !followsLinks {
      guard lstat(path, &status) != 0 || status.st_mode & S_IFMT != S_IFLNK else {
        throw InputError("is a symbolic link, and nothing is written through one here", file: path)
      }
    } else if stat(path, &status) == 0, [S_IFCHR, S_IFIFO, S_IFSOCK].contains(status.st_mode & S_IFMT) {
      let descriptor = open(path, O_WRONLY | O_CLOEXEC)
      guard descriptor >= 0 else { throw failure("cannot open for writing", path) }
      defer { close(descriptor) }
      return try body(AtomicFile(descriptor: descriptor, path: path))
    }
    let target = followsLinks ? URL(fileURLWithPath: path).resolvingSymlinksInPath() : URL(fileURLWithPath: path)
    let folder = target.deletingLastPathComponent()
    let temporary = UnfinishedOutputs.path(in: folder)
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { throw failure("cannot write", path) }
    UnfinishedOutputs.add(temporary)
    var finished = false
    defer {
      if !finished { unlink(temporary) }
      UnfinishedOutputs.remove(temporary)
    }
    do {
      defer { close(descriptor) }
      try body(AtomicFile(descriptor: descriptor, path: path))
      guard Durability.synchronise(descriptor) else { throw failure("cannot bring to the disk", path) }
    }
    guard rename(temporary, target.path) == 0 else { throw failure("cannot write", path) }
    finished = true
    // Only now is the new name on the disk too; a file system that cannot do this has still renamed.
    Durability.synchronise(folder: folder.path)
  }

  /// As `write(to:_:)`, all bytes at once.
  public static func write(_ bytes: [UInt8], to path: String, followsLinks: Bool = true) throws {
    try write(to: path, followsLinks: followsLinks) { file in try bytes.withUnsafeBytes(file.append) }
  }

  /// - Throws: `InputError` naming the file.
  public func append(_ bytes: UnsafeRawBufferPointer) throws {
    var rest = bytes
    while !rest.isEmpty {
      let written = Foundation.write(descriptor, rest.baseAddress, rest.count)
      if written < 0, errno == EINTR { continue }
      guard written > 0 else { throw Self.failure("cannot write", path) }
      rest = UnsafeRawBufferPointer(rebasing: rest[written...])
    }
  }

  private static func failure(_ problem: String, _ path: String) -> InputError {
    InputError("\(problem): \(String(cString: strerror(errno)))", file: path)
  }
}
