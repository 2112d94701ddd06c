import Basics
import Pickles

/// Bytes that stay where they are: an array, or part of a mapped file or of a pickle in one.
struct ByteStore: Sendable {
  private enum Storage {
    case array([UInt8])
    case mapped(MappedFile, Range<Int>)
    case pickled(PickleBytes)
  }

  private let storage: Storage

  init(_ bytes: [UInt8]) { storage = .array(bytes) }

  init(_ file: MappedFile, _ range: Range<Int>) {
    precondition(range.lowerBound >= 0 && range.upperBound <= file.bytes.count)
    storage = .mapped(file, range)
  }

  init(_ bytes: PickleBytes) { storage = .pickled(bytes) }

  var count: Int {
    switch storage {
    case .pickled(let bytes): bytes.count
    case .array(let bytes): bytes.count
    case .mapped(_, let range): range.count
    }
  }

  func withBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
    switch storage {
    case .array(let bytes): try bytes.withUnsafeBytes(body)
    case .pickled(let bytes): try bytes.withUnsafeBytes(body)
    case .mapped(let file, let range):
      try withExtendedLifetime(file) { try body(UnsafeRawBufferPointer(rebasing: file.bytes[range])) }
    }
  }
}
