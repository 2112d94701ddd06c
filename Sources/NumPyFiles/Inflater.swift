import Basics
import CZlib

/// zlib's inflate over bytes in memory, a bounded piece at a time.
package struct Inflater: ~Copyable {
  package enum Format {
    /// A bare deflate stream, as in a zip member.
    case raw
    /// One gzip member with its header and checksum.
    case gzip

    fileprivate var windowBits: Int32 {
      switch self {
      case .raw: -15
      case .gzip: 15 + 16
      }
    }
  }

  /// Deflate cannot expand further than this, so a larger claim is a lie.
  package static let maximumExpansion = 1032

  // On the heap: zlib keeps a pointer back to it.
  private let stream: UnsafeMutablePointer<z_stream>
  private let bytes: UnsafeRawBufferPointer
  /// Bytes of input used so far.
  package private(set) var position: Int
  /// The stream's end marker, and a gzip member's checksum, have been seen and are right.
  package private(set) var isFinished = false

  /// - Parameter bytes: must outlive this value; the stream begins at `offset`.
  package init(_ format: Format, _ bytes: UnsafeRawBufferPointer, from offset: Int = 0) {
    self.bytes = bytes
    position = offset
    stream = .allocate(capacity: 1)
    stream.initialize(to: z_stream())
    let status = inflateInit2_(stream, format.windowBits, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
    precondition(status == Z_OK, "inflateInit2 failed with status \(status)")
  }

  deinit {
    inflateEnd(stream)
    stream.deinitialize(count: 1)
    stream.deallocate()
  }

  /// Fills `output` as far as the stream goes and returns the number of bytes written: fewer than its size only at the
  /// end.
  ///
  /// - Throws: `InputError` with the offset in the compressed bytes where they are damaged or end too early.
  package mutating func read(into output: UnsafeMutableRawBufferPointer) throws -> Int {
    var written = 0
    // Also entered with no room left: an empty read lets zlib see the end marker and the checksum.
    while !isFinished {
      // zlib counts in 32 bits.
      let input = UnsafeRawBufferPointer(rebasing: bytes[position...].prefix(1 << 30))
      let room = UnsafeMutableRawBufferPointer(rebasing: output[written...].prefix(1 << 30))
      var spare: UInt8 = 0
      let status = withUnsafeMutablePointer(to: &spare) { spare in
        stream.pointee.next_in = input.baseAddress.map {
          UnsafeMutablePointer(mutating: $0.assumingMemoryBound(to: UInt8.self))
        }
        stream.pointee.avail_in = UInt32(input.count)
        stream.pointee.next_out = room.baseAddress?.assumingMemoryBound(to: UInt8.self) ?? spare
        stream.pointee.avail_out = UInt32(room.count)
        return inflate(stream, Z_NO_FLUSH)
      }
      let used = input.count - Int(stream.pointee.avail_in)
      let made = room.count - Int(stream.pointee.avail_out)
      position += used
      written += made
      switch status {
      case Z_STREAM_END: isFinished = true
      case Z_OK where used + made > 0: if written == output.count { return written }
      case Z_OK, Z_BUF_ERROR:
        if written == output.count, position < bytes.count { return written }
        throw InputError("the compressed data ends too early", location: "offset \(position)")
      default:
        let reason = stream.pointee.msg.map { String(cString: $0) } ?? "zlib status \(status)"
        throw InputError("the compressed data is damaged: \(reason)", location: "offset \(position)")
      }
    }
    return written
  }
}
