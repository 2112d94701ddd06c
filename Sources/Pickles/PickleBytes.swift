/// A run of bytes inside a `ByteSource`; nothing is copied until asked.
public struct PickleBytes: Sendable {
  public let source: ByteSource
  /// Offsets in `source`, always inside it.
  public let range: Range<Int>

  public init(source: ByteSource, range: Range<Int>) {
    precondition(range.lowerBound >= 0 && range.upperBound <= source.bytes.count, "range outside its source")
    self.source = source
    self.range = range
  }

  public var count: Int { range.count }

  /// Calls `body` with the bytes, which are valid only during the call.
  public func withUnsafeBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
    try withExtendedLifetime(source) { try body(UnsafeRawBufferPointer(rebasing: source.bytes[range])) }
  }

  /// A copy.
  public var array: [UInt8] { withUnsafeBytes { Array($0) } }

  /// The text, nil where the bytes are not UTF-8.
  public var utf8: String? { withUnsafeBytes { String(validating: $0, as: UTF8.self) } }

  /// The text with every byte one character.
  public var latin1: String {
    withUnsafeBytes { bytes in
      var text = String.UnicodeScalarView()
      for byte in bytes { text.append(Unicode.Scalar(byte)) }
      return String(text)
    }
  }

  /// Whether the bytes are those of `text` in UTF-8.
  public func equals(_ text: String) -> Bool {
    withUnsafeBytes { bytes in bytes.elementsEqual(text.utf8) }
  }
}
