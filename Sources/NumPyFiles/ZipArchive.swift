import Basics
import CZlib

/// The directory of a zip file and its members' contents; names are keys and never paths.
///
/// Stored and deflated members, zip64 included (PKWARE's APPNOTE 4.3); no encryption, no several disks.
package struct ZipArchive: Sendable {
  package struct Member: Hashable, Sendable {
    package var name: String
    package var compressedSize: Int
    package var size: Int
    var method: UInt16
    var checksum: UInt32
    var headerOffset: Int
  }

  package let file: MappedFile
  /// In the order of the directory; names are unique.
  package let members: [Member]
  private let directoryOffset: Int

  package static func recognises(_ bytes: UnsafeRawBufferPointer) -> Bool {
    bytes.starts(with: [0x50, 0x4B, 3, 4]) || bytes.starts(with: [0x50, 0x4B, 5, 6])
  }

  /// Reads and checks the directory; contents are checked as they are read.
  package init(contentsOf path: String) throws { try self.init(MappedFile(path: path)) }

  /// The same of a file that is mapped already.
  package init(_ file: MappedFile) throws {
    self.file = file
    do {
      let directory = try ZipDirectory(file.bytes)
      members = directory.members
      directoryOffset = directory.offset
    } catch let error as InputError {
      throw error.inFile(file.path)
    }
  }

  /// Where a stored member's bytes lie in the file; their checksum is not looked at.
  ///
  /// - Throws: `InputError` naming file and member where it is compressed or damaged.
  package func range(ofStored member: Member) throws -> Range<Int> {
    do {
      guard member.method == 0 else {
        throw InputError("the member is compressed", expected: "stored bytes", found: "method \(member.method)")
      }
      return try rangeOfData(of: member)
    } catch var error as InputError {
      let place = "member '\(member.name.prefix(256))'"
      error.location = error.location.map { "\(place), \($0)" } ?? place
      throw error.inFile(file.path)
    }
  }

  /// Hands the member's uncompressed bytes to `body`, without a copy for a stored member.
  ///
  /// - Throws: `InputError` naming file and member when it is damaged or its checksum is wrong.
  package func withContents<Result>(
    of member: Member, _ body: (UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result {
    do {
      let data = try compressedBytes(of: member)
      if member.method == 0 {
        try check(data, member)
        return try body(data)
      }
      try MemoryBudget.require(member.size, for: "the uncompressed content")
      var inflater = Inflater(.raw, data)
      let contents = try [UInt8](unsafeUninitializedCapacity: member.size) { buffer, count in
        count = try inflater.read(into: UnsafeMutableRawBufferPointer(buffer))
      }
      var extra: UInt8 = 0
      let more = try withUnsafeMutableBytes(of: &extra) { try inflater.read(into: $0) }
      guard contents.count == member.size, more == 0, inflater.position == data.count else {
        throw InputError(
          "the compressed data does not match the directory", expected: "\(member.size) bytes",
          found: contents.count < member.size ? "\(contents.count)" : "more, or unused compressed bytes")
      }
      return try contents.withUnsafeBytes { bytes in
        try check(bytes, member)
        return try body(bytes)
      }
    } catch var error as InputError {
      let place = "member '\(member.name)'"
      error.location = error.location.map { "\(place), \($0)" } ?? place
      throw error.inFile(file.path)
    }
  }

  private func check(_ bytes: UnsafeRawBufferPointer, _ member: Member) throws {
    var checksum: UInt = 0
    var rest = bytes[...]
    while !rest.isEmpty {
      let part = UnsafeRawBufferPointer(rebasing: rest.prefix(1 << 30))
      checksum = crc32(checksum, part.bindMemory(to: UInt8.self).baseAddress, UInt32(part.count))
      rest = rest.dropFirst(part.count)
    }
    guard checksum == UInt(member.checksum) else {
      throw InputError(
        "the checksum is wrong", expected: String(member.checksum, radix: 16), found: String(checksum, radix: 16))
    }
  }

  private func compressedBytes(of member: Member) throws -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(rebasing: file.bytes[try rangeOfData(of: member)])
  }

  private func rangeOfData(of member: Member) throws -> Range<Int> {
    let reader = ZipFields(file.bytes)
    let start = member.headerOffset
    guard directoryOffset - start >= 30, reader.uint32(start) == 0x0403_4B50 else {
      throw InputError("the member's header is missing", location: "offset \(start)")
    }
    let nameSize = Int(reader.uint16(start + 26))
    let dataStart = start + 30 + nameSize + Int(reader.uint16(start + 28))
    guard dataStart <= directoryOffset, member.compressedSize <= directoryOffset - dataStart else {
      throw InputError("the member reaches into the directory", location: "offset \(start)")
    }
    guard reader.uint16(start + 8) == member.method,
      file.bytes[start + 30..<start + 30 + nameSize].elementsEqual(member.name.utf8)
    else {
      throw InputError("the member's header differs from the directory", location: "offset \(start)")
    }
    return dataStart..<dataStart + member.compressedSize
  }
}

/// Little-endian numbers in a buffer; the caller has checked that they lie inside it.
struct ZipFields {
  let bytes: UnsafeRawBufferPointer
  init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  func uint16(_ offset: Int) -> UInt16 {
    UInt16(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt16.self))
  }
  func uint32(_ offset: Int) -> UInt32 {
    UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
  }
  func uint64(_ offset: Int) -> UInt64 {
    UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
  }
}
