import Basics

/// The central directory of a zip file, checked against the file before anything is taken from it.
struct ZipDirectory {
  private(set) var members: [ZipArchive.Member] = []
  /// Where the directory begins, and so where every member has ended.
  private(set) var offset = 0

  private let fields: ZipFields
  private var bytes: UnsafeRawBufferPointer { fields.bytes }

  init(_ bytes: UnsafeRawBufferPointer) throws {
    fields = ZipFields(bytes)
    let end = try Self.findEnd(fields)
    var count = UInt64(fields.uint16(end + 10))
    var size = UInt64(fields.uint32(end + 12))
    var start = UInt64(fields.uint32(end + 16))
    var limit = end
    guard fields.uint16(end + 4) == fields.uint16(end + 6), fields.uint16(end + 8) == fields.uint16(end + 10) else {
      throw InputError("a zip file of several disks", location: "offset \(end)")
    }
    if end >= 20, fields.uint32(end - 20) == 0x0706_4B50 {
      let record = fields.uint64(end - 12)
      guard record <= UInt64(end - 20), end - 20 - Int(record) >= 56, fields.uint32(Int(record)) == 0x0606_4B50 else {
        throw InputError("the zip64 end record is missing", location: "offset \(end - 20)")
      }
      limit = Int(record)
      count = fields.uint64(limit + 32)
      size = fields.uint64(limit + 40)
      start = fields.uint64(limit + 48)
    }
    guard start <= UInt64(limit), size == UInt64(limit) - start else {
      throw InputError(
        "the zip directory does not lie where the file says", location: "offset \(end)",
        expected: "\(limit) as the directory's end", found: "\(start) + \(size)")
    }
    // 46 bytes is the smallest entry.
    guard count <= size / 46 else {
      throw InputError("the zip directory is too small", expected: "\(count) members", found: "\(size) bytes")
    }
    offset = Int(start)
    try readMembers(Int(count), until: limit)
  }

  /// The last end-of-directory record whose comment fills the rest of the file.
  private static func findEnd(_ fields: ZipFields) throws -> Int {
    let size = fields.bytes.count
    var position = size - 22
    while position >= 0, position >= size - 22 - 0xFFFF {
      if fields.uint32(position) == 0x0605_4B50, Int(fields.uint16(position + 20)) == size - 22 - position {
        return position
      }
      position -= 1
    }
    throw InputError("not a zip file, or cut off: its directory is missing", location: "offset \(size)")
  }

  private mutating func readMembers(_ count: Int, until limit: Int) throws {
    var position = offset
    var names: Set<String> = []
    for _ in 0..<count {
      guard limit - position >= 46, fields.uint32(position) == 0x0201_4B50 else {
        throw InputError("the zip directory is damaged", location: "offset \(position)")
      }
      let nameSize = Int(fields.uint16(position + 28))
      let extraSize = Int(fields.uint16(position + 30))
      let next = position + 46 + nameSize + extraSize + Int(fields.uint16(position + 32))
      guard next <= limit else { throw InputError("the zip directory is cut off", location: "offset \(position)") }
      let nameBytes = bytes[position + 46..<position + 46 + nameSize]
      guard let name = String(validating: nameBytes, as: UTF8.self) else {
        throw InputError("a member's name is not UTF-8", location: "offset \(position)")
      }
      guard names.insert(name).inserted else {
        throw InputError("the member '\(name)' appears twice", location: "offset \(position)")
      }
      let extra = position + 46 + nameSize..<position + 46 + nameSize + extraSize
      members.append(try member(name, at: position, extra: extra))
      position = next
    }
    guard position == limit else {
      throw InputError("unused bytes in the zip directory", location: "offset \(position)")
    }
  }

  private func member(_ name: String, at position: Int, extra: Range<Int>) throws -> ZipArchive.Member {
    func problem(_ text: String) -> InputError {
      InputError(text, location: "member '\(name)', offset \(position)")
    }
    guard fields.uint16(position + 8) & 1 == 0 else { throw problem("encrypted members are refused") }
    let method = fields.uint16(position + 10)
    guard method == 0 || method == 8 else {
      throw InputError(
        "unknown compression", location: "member '\(name)', offset \(position)",
        expected: "0 (stored) or 8 (deflated)", found: "\(method)")
    }
    var size = UInt64(fields.uint32(position + 24))
    var compressed = UInt64(fields.uint32(position + 20))
    var header = UInt64(fields.uint32(position + 42))
    var wide = try Zip64Values(fields, extra)
    if size == 0xFFFF_FFFF, let value = wide.next() { size = value }
    if compressed == 0xFFFF_FFFF, let value = wide.next() { compressed = value }
    if header == 0xFFFF_FFFF, let value = wide.next() { header = value }
    guard header < UInt64(offset), compressed <= UInt64(offset) - header else {
      throw problem("the member lies outside the file")
    }
    if method == 0, size != compressed {
      throw problem("a stored member has two different sizes, \(size) and \(compressed)")
    }
    // Before memory is taken: deflate cannot expand further, and the first block costs a few bytes more.
    guard size / UInt64(Inflater.maximumExpansion) <= compressed else {
      throw problem("\(compressed) compressed bytes cannot hold the declared \(size)")
    }
    return ZipArchive.Member(
      name: name, compressedSize: Int(compressed), size: Int(size), method: method,
      checksum: fields.uint32(position + 16), headerOffset: Int(header))
  }
}

/// The 64-bit values of a zip64 extra field (id 1), in the order in which the entry needs them.
private struct Zip64Values {
  private var values: [UInt64] = []

  init(_ fields: ZipFields, _ extra: Range<Int>) throws {
    var position = extra.lowerBound
    while extra.upperBound - position >= 4 {
      let size = Int(fields.uint16(position + 2))
      guard size <= extra.upperBound - position - 4 else {
        throw InputError("an extra field of the zip directory is cut off", location: "offset \(position)")
      }
      if fields.uint16(position) == 1 {
        values = (0..<min(size / 8, 3)).map { fields.uint64(position + 4 + 8 * $0) }
      }
      position += 4 + size
    }
  }

  mutating func next() -> UInt64? { values.isEmpty ? nil : values.removeFirst() }
}
