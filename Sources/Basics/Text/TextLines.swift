/// The lines of a text from outside, whoever wrote it: every reader of lines takes them from here.
///
/// A line ends with LF, CR or CRLF, and with CR CR LF, as programs leave it that translate ends twice. A byte order
/// mark is passed over. Nothing is trimmed: a tab at either end of a line bounds an empty field.
package struct TextLines: Sequence, Sendable {
  package struct Line: Hashable, Sendable {
    /// Counted from 1.
    package var number: Int
    /// Without its ending.
    package var bytes: ArraySlice<UInt8>
    /// Whether its ending is there: without one the line may have been cut off.
    package var isEnded: Bool
    /// The offset behind its ending.
    package var end: Int

    /// nil where the bytes are no UTF-8.
    package var text: String? { String(validating: bytes, as: UTF8.self) }
  }

  private static let (lf, cr) = (UInt8(ascii: "\n"), UInt8(ascii: "\r"))
  /// Those of several bytes, longest first.
  private static let endings = [[cr, cr, lf], [cr, lf]]

  private let bytes: [UInt8]

  /// UTF-8, or whatever a line's own reader makes of it; offsets are those of `bytes`.
  package init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// Text in UTF-8 or in UTF-16, as some shells, editors and spreadsheets write it.
  package init(anyEncoding bytes: [UInt8]) {
    guard let order = ByteOrder(utf16: bytes) else {
      self.init(bytes)
      return
    }
    let units = stride(from: 0, to: bytes.count - 1, by: 2).lazy.map { offset in
      let (first, second) = (UInt16(bytes[offset]), UInt16(bytes[offset + 1]))
      return order == .little ? second << 8 | first : first << 8 | second
    }
    var text = Array(String(decoding: Array(units), as: UTF16.self).utf8)
    // Half a character: the last line is cut.
    if !bytes.count.isMultiple(of: 2) { text += "\u{FFFD}".utf8 }
    self.init(text)
  }

  /// Whether a text is in UTF-16: by its mark, or by its first character's other byte, which is 0 in no UTF-8 text.
  package static func isUTF16(_ bytes: [UInt8]) -> Bool { ByteOrder(utf16: bytes) != nil }

  /// `UTF-16` or `UTF-32`, by a text's first character; nil for one in UTF-8, or in none of them.
  package static func wideEncoding(_ bytes: UnsafeRawBufferPointer) -> String? {
    let start = Array(bytes.prefix(4))
    if start.count == 4 {
      if start[0...2] == [0, 0, 0] && start[3] != 0 || start == [0, 0, 0xFE, 0xFF] { return "UTF-32" }
      if start[0] != 0, start[1...3] == [0, 0, 0] || start == [0xFF, 0xFE, 0, 0] { return "UTF-32" }
    }
    return ByteOrder(utf16: start) == nil ? nil : "UTF-16"
  }

  private enum ByteOrder {
    case little, big

    init?(utf16 bytes: [UInt8]) {
      guard bytes.count >= 2 else { return nil }
      switch (bytes[0], bytes[1]) {
      case (0xFF, 0xFE), (1..., 0): self = .little
      case (0xFE, 0xFF), (0, 1...): self = .big
      default: return nil
      }
    }
  }

  package func makeIterator() -> Iterator {
    Iterator(bytes: bytes, start: bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0)
  }

  /// One line after the other: a list of them could take many times the memory of the text.
  package struct Iterator: IteratorProtocol {
    fileprivate let bytes: [UInt8]
    fileprivate var start: Int
    private var number = 0

    fileprivate init(bytes: [UInt8], start: Int) {
      self.bytes = bytes
      self.start = start
    }

    package mutating func next() -> Line? {
      guard start < bytes.count else { return nil }
      number += 1
      let stop = bytes[start...].firstIndex { $0 == TextLines.lf || $0 == TextLines.cr } ?? bytes.count
      let ending = bytes[stop...].prefix(3)
      let length = TextLines.endings.first { ending.starts(with: $0) }?.count ?? Swift.min(ending.count, 1)
      let end = stop + length
      defer { start = end }
      return Line(number: number, bytes: bytes[start..<stop], isEnded: stop < bytes.count, end: end)
    }
  }
}
