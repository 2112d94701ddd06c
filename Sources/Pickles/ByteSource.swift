import Basics

/// Bytes that stay where they are for as long as this object lives: a mapped file, or memory filled once.
///
/// Everything read from a pickle points into one of these, so that a checkpoint's weights are never copied.
public final class ByteSource: @unchecked Sendable {
  // Immutable after `init`; the memory is never written again.
  /// The file's path, for messages.
  public let name: String
  public let bytes: UnsafeRawBufferPointer
  /// The file behind the bytes; nil for memory.
  public let file: MappedFile?
  private let memory: UnsafeMutableRawBufferPointer?

  public init(_ file: MappedFile) {
    name = file.path
    bytes = file.bytes
    self.file = file
    memory = nil
  }

  /// Memory of `count` bytes, filled by `body`, which must write all of it.
  public init(name: String, count: Int, filledBy body: (UnsafeMutableRawBufferPointer) throws -> Void) rethrows {
    precondition(count >= 0)
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: count, alignment: 64)
    do {
      try body(memory)
    } catch {
      memory.deallocate()
      throw error
    }
    self.name = name
    self.memory = memory
    bytes = UnsafeRawBufferPointer(memory)
    file = nil
  }

  public convenience init(name: String, bytes: some Collection<UInt8>) {
    self.init(name: name, count: bytes.count) { $0.copyBytes(from: bytes) }
  }

  deinit { memory?.deallocate() }
}
