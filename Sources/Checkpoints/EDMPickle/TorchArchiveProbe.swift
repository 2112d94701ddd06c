import Basics
import Pickles

/// Reads a legacy torch archive on its own, as it otherwise comes inside a checkpoint: for tests with hostile bytes.
package enum TorchArchiveProbe {
  /// - Throws: `InputError` naming the file and the offset.
  package static func read(_ file: MappedFile) throws {
    let source = ByteSource(file)
    let storage = try TorchStorage(archive: PickleBytes(source: source, range: 0..<source.bytes.count))
    precondition(storage.offset + storage.byteCount <= source.bytes.count, "a storage beyond its file")
  }
}
