import Basics
import Pickles

/// The header of a safetensors file: a little-endian length of 8 bytes, then JSON with each tensor's type, shape and
/// place in the data that follows.
struct SafetensorsHeader {
  struct Entry {
    let name: String
    let elementType: CheckpointTensor.ElementType
    let shape: [Int]
    /// Inside the data.
    let range: Range<Int>
  }

  static let maximumLength = 16 << 20

  let entries: [Entry]
  let metadata: [String: String]
  /// Where the data begins in the file.
  let dataStart: Int

  /// The header's length where it is one that the file can hold.
  static func length(in bytes: UnsafeRawBufferPointer) -> Int? {
    guard bytes.count >= 10 else { return nil }
    let length = UInt64(littleEndian: bytes.loadUnaligned(as: UInt64.self))
    return length >= 2 && length <= UInt64(min(bytes.count - 8, maximumLength)) ? Int(length) : nil
  }

  /// - Throws: `InputError` for a length beyond the file, broken JSON, repeated names, unknown types, sizes that do not
  ///   fit their ranges, and ranges that overlap, leave holes or leave the file.
  init(_ source: ByteSource) throws {
    func fail(_ problem: String, _ place: String = "the header", expected: String? = nil, found: String? = nil)
      -> InputError
    { InputError(problem, file: source.name, location: place, expected: expected, found: found) }
    guard let length = Self.length(in: source.bytes) else { throw fail("the header's length does not fit the file") }
    let json: JSONValue
    do {
      json = try JSONValue(strict: UnsafeRawBufferPointer(rebasing: source.bytes[8..<8 + length]))
    } catch let error as InputError {
      throw error.inFile(source.name)
    }
    guard case .object(let fields) = json else { throw fail("the header is no JSON object") }
    var entries = [Entry]()
    var metadata = [String: String]()
    for (name, field) in fields {
      if name == "__metadata__" {
        guard case .object(let items) = field else { throw fail("the metadata is no JSON object") }
        for (key, item) in items {
          guard let text = item.string else { throw fail("metadata that is no text", found: "\"\(key.prefix(80))\"") }
          metadata[key] = text
        }
        continue
      }
      entries.append(
        try Self.entry(name, field) { fail($0, "tensor \"\(name.prefix(256))\"", expected: $1, found: $2) })
    }
    dataStart = 8 + length
    self.metadata = metadata
    self.entries = entries.sorted {
      ($0.range.lowerBound, $0.range.upperBound) < ($1.range.lowerBound, $1.range.upperBound)
    }
    var end = 0
    for entry in self.entries {
      guard entry.range.lowerBound == end else {
        throw fail(
          "the tensor overlaps another or leaves a hole before it", "tensor \"\(entry.name)\"",
          expected: "a start at \(end)", found: "\(entry.range.lowerBound)")
      }
      end = entry.range.upperBound
    }
    guard end == source.bytes.count - dataStart else {
      throw fail(
        "the tensors do not fill the file", expected: "\(end) bytes of data",
        found: "\(source.bytes.count - dataStart)")
    }
  }

  private static func entry(
    _ name: String, _ field: JSONValue, fail: (String, String?, String?) -> InputError
  ) throws -> Entry {
    guard case .object(let parts) = field, parts.count == 3 else {
      throw fail("a header entry has wrong fields", "dtype, shape and data_offsets", nil)
    }
    guard let code = field["dtype"]?.string, let type = CheckpointTensor.ElementType(rawValue: code) else {
      throw fail("unknown element type", "F16, BF16, F32 or F64", field["dtype"]?.string.map { "\($0.prefix(40))" })
    }
    guard let sizes = field["shape"]?.array, sizes.count <= 8 else { throw fail("impossible shape", nil, nil) }
    let shape = sizes.compactMap(\.natural)
    guard shape.count == sizes.count,
      let extent = TensorExtent(shape: shape, strides: TensorExtent.contiguousStrides(shape)),
      extent.count <= Int.max / 8
    else { throw fail("impossible shape", nil, nil) }
    guard let offsets = field["data_offsets"]?.array, offsets.count == 2, let start = offsets[0].natural,
      let end = offsets[1].natural, start <= end
    else { throw fail("impossible data_offsets", nil, nil) }
    guard end - start == extent.count * type.byteCount else {
      throw fail("the data do not fit the shape", "\(extent.count * type.byteCount) bytes", "\(end - start)")
    }
    return Entry(name: name, elementType: type, shape: shape, range: start..<end)
  }
}
