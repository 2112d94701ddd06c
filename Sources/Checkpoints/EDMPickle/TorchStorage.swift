import Basics
import Pickles

/// The values of one `torch.storage`, as they lie in a legacy torch archive inside a pickle.
///
/// The archive (`torch.save` of a storage without zip): pickles of the magic number, of protocol 1001, of system
/// information, of the storage as a persistent identifier, of the list of keys; then per key an int64 element count and
/// the raw values.
struct TorchStorage {
  /// Nil for bytes without a type (`UntypedStorage`).
  let elementType: CheckpointTensor.ElementType?
  /// Offset of the first value in `source`.
  let offset: Int
  let byteCount: Int
  let source: ByteSource
  /// Where the storage begins of which this may be a part.
  private let wholeOffset: Int

  static let magic: [UInt8] = [0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19]

  init(archive: PickleBytes) throws {
    var reader = ArchiveReader(archive: archive)
    guard !archive.withUnsafeBytes({ $0.starts(with: [0x50, 0x4B, 0x03, 0x04]) }) else {
      throw reader.error("a tensor is stored as a zip archive", expected: "a legacy torch archive")
    }
    guard case .bigInteger(let magic) = try reader.next().kind, magic.array == Self.magic else {
      throw reader.error("a tensor's bytes are no legacy torch archive", expected: "torch's magic number")
    }
    let version = try reader.next()
    guard version.integer == 1001 else {
      throw reader.error("unknown version of a torch archive", expected: "1001", found: version.summary)
    }
    guard try reader.next()["little_endian"]?.bool == true else {
      throw reader.error("a torch archive was not written by a little-endian machine")
    }
    let storage = try TorchStorageIdentifier(reader.next()) { reader.error($0, expected: $1, found: $2) }
    let keys = try reader.next()
    guard let keys = keys.sequence, keys.count == 1, keys[0].text == storage.key else {
      throw reader.error(
        "a torch archive does not hold exactly the storage it names", expected: "a list of its key",
        found: keys.summary)
    }
    let (offset, byteCount) = try reader.values(count: storage.count, elementSize: storage.elementSize)
    elementType = storage.elementType
    self.offset = offset + storage.view.lowerBound * storage.elementSize
    self.byteCount = storage.view.count * storage.elementSize
    source = archive.source
    wholeOffset = offset
    precondition(self.byteCount <= byteCount)
  }

  /// A storage whose values lie at `range` of `source`, as `identifier` describes them.
  ///
  /// - Throws: `InputError` where the sizes differ.
  init(_ identifier: TorchStorageIdentifier, in source: ByteSource, range: Range<Int>) throws {
    guard identifier.count <= range.count / identifier.elementSize,
      identifier.count * identifier.elementSize == range.count
    else {
      throw InputError(
        "a storage's values do not fill its place", file: source.name, location: "storage \"\(identifier.key)\"",
        expected: "\(identifier.count) elements of \(identifier.elementSize) bytes", found: "\(range.count) bytes")
    }
    elementType = identifier.elementType
    offset = range.lowerBound + identifier.view.lowerBound * identifier.elementSize
    byteCount = identifier.view.count * identifier.elementSize
    self.source = source
    wholeOffset = range.lowerBound
  }
}

/// Goes through an archive's parts one after the other.
struct ArchiveReader {
  let archive: PickleBytes
  private var position: Int

  init(archive: PickleBytes) {
    self.archive = archive
    position = archive.range.lowerBound
  }

  func error(_ problem: String, expected: String? = nil, found: String? = nil) -> InputError {
    InputError(
      problem, file: archive.source.name, location: "offset \(position)", expected: expected, found: found)
  }

  mutating func next() throws -> PickleValue {
    var limits = PickleLimits()
    limits.nodes = 4096
    limits.instructions = 1 << 16
    return try next(limits: limits)
  }

  mutating func next(limits: PickleLimits) throws -> PickleValue {
    let pickle = try PickleReader.read(
      archive.source, range: position..<archive.range.upperBound, limits: limits)
    position = pickle.end
    return pickle.root
  }

  /// The int64 count and the raw values at the end of the archive.
  mutating func values(count: Int, elementSize: Int) throws -> (offset: Int, byteCount: Int) {
    let left = archive.range.upperBound - position - 8
    guard left >= 0 else { throw error("a torch archive ends before its values") }
    let written = archive.source.bytes.loadUnaligned(fromByteOffset: position, as: Int64.self)
    guard Int64(littleEndian: written) == count else {
      throw error("a storage's element count differs from its header", expected: "\(count)", found: "\(written)")
    }
    guard count <= left / elementSize, count * elementSize == left else {
      throw error(
        "a storage's values do not fill its archive", expected: "\(count) elements of \(elementSize) bytes",
        found: "\(left) bytes")
    }
    return (position + 8, left)
  }

  /// One of several storages: its int64 count, then its raw values.
  mutating func values(of storage: TorchStorageIdentifier) throws -> Range<Int> {
    guard archive.range.upperBound - position >= 8 else { throw error("a storage's values are cut off") }
    let written = Int64(
      littleEndian: archive.source.bytes.loadUnaligned(fromByteOffset: position, as: Int64.self))
    guard written == storage.count else {
      throw error(
        "a storage's element count differs from its header", expected: "\(storage.count)", found: "\(written)")
    }
    let left = archive.range.upperBound - position - 8
    guard storage.count <= left / storage.elementSize else {
      throw error(
        "a storage's values are cut off", expected: "\(storage.count) elements of \(storage.elementSize) bytes",
        found: "\(left) bytes")
    }
    let start = position + 8
    position = start + storage.count * storage.elementSize
    return start..<position
  }

  func requireEnd() throws {
    guard position == archive.range.upperBound else {
      throw error("bytes behind the last storage", found: "\(archive.range.upperBound - position) bytes")
    }
  }
}

extension TorchStorage {
  /// The same storage as another identifier shows it: its values may be seen in part.
  func viewed(by identifier: TorchStorageIdentifier) throws -> TorchStorage {
    guard identifier.elementType == elementType else {
      throw InputError(
        "a storage of two types", file: source.name, location: "storage \"\(identifier.key)\"")
    }
    return TorchStorage(whole: self, view: identifier.view, elementSize: identifier.elementSize)
  }

  private init(whole: TorchStorage, view: Range<Int>, elementSize: Int) {
    elementType = whole.elementType
    source = whole.source
    offset = whole.wholeOffset + view.lowerBound * elementSize
    byteCount = view.count * elementSize
    wholeOffset = whole.wholeOffset
  }
}

/// ('storage', type, key, location, element count, view metadata); older versions leave the last out.
struct TorchStorageIdentifier {
  let elementType: CheckpointTensor.ElementType?
  let elementSize: Int
  let key: String
  let count: Int
  /// The part of the storage that is meant, in elements.
  let view: Range<Int>

  init(_ value: PickleValue, fail: (_ problem: String, _ expected: String?, _ found: String?) -> InputError) throws {
    guard case .persistent(let identifier) = value.kind, let fields = identifier.sequence,
      fields.count == 5 || fields.count == 6, fields[0].isNamed("storage"), let key = fields[2].text,
      let count = fields[4].integer, count >= 0
    else { throw fail("a torch archive holds no storage", nil, value.summary) }
    guard let type = fields[1].globalName else {
      throw fail("a storage has no type", nil, fields[1].summary)
    }
    switch type {
    case "torch.HalfStorage", "torch.cuda.HalfStorage": elementType = .float16
    case "torch.BFloat16Storage", "torch.cuda.BFloat16Storage": elementType = .bfloat16
    case "torch.FloatStorage", "torch.cuda.FloatStorage": elementType = .float32
    case "torch.DoubleStorage", "torch.cuda.DoubleStorage": elementType = .float64
    case "torch.UntypedStorage", "torch.storage.UntypedStorage", "torch.storage._UntypedStorage": elementType = nil
    default:
      throw fail(
        "a tensor holds something other than floating-point numbers",
        "torch.FloatStorage, HalfStorage, BFloat16Storage or DoubleStorage", type)
    }
    elementSize = elementType?.byteCount ?? 1
    self.key = key
    self.count = count
    guard fields.count == 6, !fields[5].isNone else {
      view = 0..<count
      return
    }
    guard let metadata = fields[5].sequence, metadata.count == 3, let start = metadata[1].integer,
      let length = metadata[2].integer, start >= 0, start <= count, length >= 0, length <= count - start
    else { throw fail("a storage's view lies outside it", nil, fields[5].summary) }
    view = start..<start + length
  }
}
