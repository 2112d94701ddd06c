import Basics

/// A gzip file of one or more members, read piece by piece (RFC 1952): never more memory than is asked for.
package struct GzipReader: ~Copyable {
  private let bytes: UnsafeRawBufferPointer
  private var member: Inflater
  /// Every member has been read and its checksum was right.
  private var isFinished = false

  package static func recognises(_ bytes: UnsafeRawBufferPointer) -> Bool {
    bytes.count >= 2 && bytes[0] == 0x1F && bytes[1] == 0x8B
  }

  /// - Parameter bytes: the compressed file; it must outlive this value.
  package init(_ bytes: UnsafeRawBufferPointer) {
    self.bytes = bytes
    member = Inflater(.gzip, bytes)
  }

  /// Reads exactly `count` bytes.
  ///
  /// - Throws: `InputError` with the offset in the compressed file when it is cut, damaged or shorter; a count that the
  ///   compressed bytes cannot possibly expand to is refused before memory is taken.
  package mutating func read(_ count: Int) throws -> [UInt8] {
    guard count / Inflater.maximumExpansion <= bytes.count else {
      throw InputError(
        "the compressed file is too short for its content", expected: "\(count) bytes of content",
        found: "\(bytes.count) compressed bytes")
    }
    try MemoryBudget.require(count, for: "the uncompressed content")
    let content = try [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      filled = try fill(UnsafeMutableRawBufferPointer(buffer))
    }
    guard content.count == count else {
      throw InputError(
        "the content ends too early", location: "compressed offset \(member.position)", expected: "\(count) bytes",
        found: "\(content.count)")
    }
    return content
  }

  /// - Throws: `InputError` unless nothing but the end and right checksums follow.
  package mutating func requireEnd() throws {
    var extra: UInt8 = 0
    let count = try withUnsafeMutableBytes(of: &extra) { try fill($0) }
    guard count == 0 else {
      throw InputError("more content than expected", location: "compressed offset \(member.position)")
    }
  }

  private mutating func fill(_ output: UnsafeMutableRawBufferPointer) throws -> Int {
    var filled = 0
    while filled < output.count, !isFinished {
      filled += try member.read(into: UnsafeMutableRawBufferPointer(rebasing: output[filled...]))
      if member.isFinished { try nextMember() }
    }
    return filled
  }

  private mutating func nextMember() throws {
    let start = member.position
    // Padding with zeros, as on tapes, is allowed by gzip too.
    if bytes[start...].allSatisfy({ $0 == 0 }) {
      isFinished = true
    } else {
      member = Inflater(.gzip, bytes, from: start)
    }
  }
}
