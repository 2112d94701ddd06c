import Basics
import Foundation

/// A file that appears under its name only when complete: written beside it, synchronised, then renamed.
struct AtomicFile {
  private let descriptor: Int32
  private let path: String

  /// - Throws: `InputError` naming `path`; whatever `body` throws. Neither leaves a file behind.
  static func write(to path: String, _ body: (AtomicFile) throws -> Void) throws {
    var template = Array("\(path).XXXXXX".utf8CString)
    let descriptor = mkstemp(&template)
    guard descriptor >= 0 else { throw failure("cannot create", path) }
    let temporary = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    var isOpen = true
    do {
      let file = AtomicFile(descriptor: descriptor, path: path)
      try body(file)
      guard fchmod(descriptor, 0o644) == 0, fsync(descriptor) == 0 else { throw failure("cannot finish writing", path) }
      isOpen = false
      guard close(descriptor) == 0 else { throw failure("cannot finish writing", path) }
      guard rename(temporary, path) == 0 else { throw failure("cannot put the file in place", path) }
      synchronizeFolder(of: path)
    } catch {
      if isOpen { close(descriptor) }
      unlink(temporary)
      throw error
    }
  }

  func append(_ bytes: UnsafeRawBufferPointer) throws {
    var rest = bytes
    while !rest.isEmpty {
      let written = Foundation.write(descriptor, rest.baseAddress, rest.count)
      if written < 0, errno == EINTR { continue }
      guard written > 0 else { throw Self.failure("cannot write", path) }
      rest = UnsafeRawBufferPointer(rebasing: rest[written...])
    }
  }

  /// So that the new name itself survives a power cut; not every file system can, and the data are safe already.
  private static func synchronizeFolder(of path: String) {
    let folder = open(URL(fileURLWithPath: path).deletingLastPathComponent().path, O_RDONLY | O_CLOEXEC)
    guard folder >= 0 else { return }
    fsync(folder)
    close(folder)
  }

  private static func failure(_ problem: String, _ path: String) -> InputError {
    InputError("\(problem): \(String(cString: strerror(errno)))", file: path)
  }
}
