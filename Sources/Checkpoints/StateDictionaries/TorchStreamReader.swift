import Basics
import Pickles

/// Reads what torch.save wrote before zip (and writes with `_use_new_zipfile_serialization=False`): pickles of a magic
/// number, of protocol 1001, of system information, of the object and of the list of its storages' keys; then each
/// storage as an int64 element count and the raw values, which stay in the mapped file.
enum TorchStreamReader {
  private static let maximumStorages = 100_000

  /// Whether the bytes begin with the pickled magic number.
  static func recognises(_ bytes: UnsafeRawBufferPointer) -> Bool {
    // PROTO, LONG1 and the number's ten bytes.
    bytes.count >= 14 && bytes[0] == 0x80 && bytes[2] == 0x8A && bytes[3] == 10
      && bytes[4..<14].elementsEqual(TorchStorage.magic)
  }

  /// - Throws: `InputError` naming the file and the offset or tensor.
  static func read(_ file: MappedFile) throws -> StateDictionary {
    let source = ByteSource(file)
    var reader = ArchiveReader(archive: PickleBytes(source: source, range: 0..<source.bytes.count))
    _ = try reader.next()
    let version = try reader.next()
    guard version.integer == 1001 else {
      throw reader.error("unknown version of a torch file", expected: "1001", found: version.summary)
    }
    guard try reader.next()["little_endian"]?.bool == true else {
      throw reader.error("the file was not written by a little-endian machine")
    }
    let object = try reader.next(limits: PickleLimits())
    let keys = try reader.next(limits: PickleLimits())
    let identifiers = try identifiers(in: object, reader)
    guard let names = keys.sequence?.map(\.text), names.count <= maximumStorages else {
      throw reader.error("no list of storages", found: keys.summary)
    }
    var storages: [String: TorchStorage] = [:]
    for name in names {
      guard let name, let identifier = identifiers[name], storages[name] == nil else {
        throw reader.error("a storage that no tensor uses, or twice the same", found: name ?? "no text")
      }
      let range = try reader.values(of: identifier)
      storages[name] = try TorchStorage(identifier, in: source, range: range)
    }
    try reader.requireEnd()
    var tensors = TorchTensors(source: source) { value in
      let identifier = try TorchStorageIdentifier(value) { reader.error($0, expected: $1, found: $2) }
      guard let storage = storages[identifier.key] else {
        throw InputError("the file lacks a storage", file: file.path, location: "storage \"\(identifier.key)\"")
      }
      return try storage.viewed(by: identifier)
    }
    return try StateDictionary(object, tensors: &tensors)
  }

  /// Every storage that the object names, by its key: the values' types and counts stand nowhere else.
  private static func identifiers(
    in object: PickleValue, _ reader: ArchiveReader
  ) throws -> [String: TorchStorageIdentifier] {
    var found: [String: TorchStorageIdentifier] = [:]
    for value in object.pickle.persistentValues {
      let identifier = try TorchStorageIdentifier(value) { reader.error($0, expected: $1, found: $2) }
      if let other = found[identifier.key],
        other.count != identifier.count || other.elementSize != identifier.elementSize
      {
        throw reader.error("a storage of two sizes", found: "storage \"\(identifier.key)\"")
      }
      found[identifier.key] = identifier
    }
    return found
  }
}
