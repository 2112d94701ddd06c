import CMappings
import Foundation

/// A file mapped read-only into memory for as long as this object lives; large checkpoints are never copied whole.
public final class MappedFile: @unchecked Sendable {
  // Immutable after `init`, and the mapping is private and read-only: safe to share.
  public let path: String
  public let bytes: UnsafeRawBufferPointer
  /// Names the file in the list of mappings, where it must outlive its place.
  private let name: UnsafeMutablePointer<CChar>?
  private let place: Int32

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
      (name, place) = (nil, -1)
      bytes = UnsafeRawBufferPointer(start: nil, count: 0)
      return
    }
    guard let start = mmap(nil, size, PROT_READ, MAP_PRIVATE, descriptor, 0), start != MAP_FAILED else {
      let failure = errno
      // Mapping takes address space, no memory yet: only that limit can have forbidden it.
      if failure == ENOMEM, let limit = MemoryLimit.addressSpace() {
        try MemoryBudget.require(size, for: "mapping the file", file: path, limits: [limit])
      }
      throw InputError("cannot map: \(String(cString: strerror(failure)))", file: path)
    }
    bytes = UnsafeRawBufferPointer(start: start, count: size)
    name = strdup(path)
    place = name.map { cm_add(start, size, $0) } ?? -1
  }

  deinit {
    cm_remove(place)
    free(name)
    if let start = bytes.baseAddress { munmap(UnsafeMutableRawPointer(mutating: start), bytes.count) }
  }

  /// Lets the system take back the memory of the whole pages in these bytes: what is read there again comes from the file.
  public func giveBack(_ range: Range<Int>) {
    let page = Int(getpagesize())
    let (first, end) = ((range.lowerBound + page - 1) / page * page, range.upperBound / page * page)
    guard let start = bytes.baseAddress, first < end else { return }
    _ = madvise(UnsafeMutableRawPointer(mutating: start + first), end - first, MADV_DONTNEED)
  }

  /// From now on a mapped file that is cut short, or whose device fails, while it is read ends the process with a line
  /// that names it and this status. For a program; without it such a read is a SIGBUS.
  public static func exitWhenOneIsCut(status: Int32) { cm_exit_on_faults(status) }

  /// SHA-256 of the whole file, in hexadecimal.
  public func digest() -> String { SHA256Digest.hexadecimal(of: bytes) }
}
