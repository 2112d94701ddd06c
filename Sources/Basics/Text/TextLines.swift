/// The lines of a text from outside, whoever wrote it: every reader of lines takes them from here.
///
/// A line ends with LF or CRLF, and with CR where the text has no LF at all. A byte order mark is passed over. Nothing is
/// trimmed: a tab at either end of a line bounds an empty field.
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

  private let bytes: [UInt8]
  private let ending: UInt8

  /// UTF-8, or whatever a line's own reader makes of it; offsets are those of `bytes`.
  package init(_ bytes: [UInt8]) {
    self.bytes = bytes
    ending = bytes.contains(Self.lf) || !bytes.contains(Self.cr) ? Self.lf : Self.cr
  }

  /// Text in UTF-8 or, where its byte order mark says so, in UTF-16, as some shells and spreadsheets write it.
  package init(anyEncoding bytes: [UInt8]) {
    let isLittle = bytes.starts(with: [0xFF, 0xFE])
    guard isLittle || bytes.starts(with: [0xFE, 0xFF]) else {
      self.init(bytes)
      return
    }
    let units = stride(from: 2, to: bytes.count - 1, by: 2).lazy.map { offset in
      let (first, second) = (UInt16(bytes[offset]), UInt16(bytes[offset + 1]))
      return isLittle ? second << 8 | first : first << 8 | second
    }
    self.init(Array(String(decoding: Array(units), as: UTF16.self).utf8))
  }

  package func makeIterator() -> Iterator {
    Iterator(bytes: bytes, ending: ending, start: bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0)
  }

  /// One line after the other: a list of them could take many times the memory of the text.
  package struct Iterator: IteratorProtocol {
    fileprivate let bytes: [UInt8]
    fileprivate let ending: UInt8
    fileprivate var start: Int
    private var number = 0

    fileprivate init(bytes: [UInt8], ending: UInt8, start: Int) {
      self.bytes = bytes
      self.ending = ending
      self.start = start
    }

    package mutating func next() -> Line? {
      guard start < bytes.count else { return nil }
      number += 1
      let found = bytes[start...].firstIndex(of: ending)
      var stop = found ?? bytes.count
      let end = found.map { $0 + 1 } ?? bytes.count
      var isEnded = found != nil
      if ending == TextLines.lf, stop > start, bytes[stop - 1] == TextLines.cr {
        stop -= 1
        // Cut between the two.
        isEnded = true
      }
      defer { start = end }
      return Line(number: number, bytes: bytes[start..<stop], isEnded: isEnded, end: end)
    }
  }
}
