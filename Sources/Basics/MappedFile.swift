import Foundation

/// A file mapped read-only into memory for as long as this object lives; large checkpoints are never copied whole.
public final class MappedFile: @unchecked Sendable {
  // Immutable after `init`, and the mapping is private and read-only: safe to share.
  public let path: String
  public let bytes: UnsafeRawBufferPointer

  /// - Throws: `InputError` when the file cannot be opened, is not a regular file or cannot be mapped.
  public init(path: String) throws {
    self.path = path
    // Opening a pipe must not wait for someone to write to it.
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else {
      throw InputError("cannot open: \(String(cString: strerror(errno)))", file: path)
    }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      throw InputError("cannot examine: \(String(cString: strerror(errno)))", file: path)
    }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw InputError("not a regular file", file: path)
    }
    let size = Int(status.st_size)
    guard size > 0 else {
      bytes = UnsafeRawBufferPointer(start: nil, count: 0)
      return
    }
    guard let start = mmap(nil, size, PROT_READ, MAP_PRIVATE, descriptor, 0), start != MAP_FAILED else {
      throw InputError("cannot map: \(String(cString: strerror(errno)))", file: path)
    }
    bytes = UnsafeRawBufferPointer(start: start, count: size)
  }

  deinit {
    if let start = bytes.baseAddress { munmap(UnsafeMutableRawPointer(mutating: start), bytes.count) }
  }

  /// SHA-256 of the whole file, in hexadecimal.
  public func digest() -> String { SHA256Digest.hexadecimal(of: bytes) }
}
