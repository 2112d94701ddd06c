import Basics
import Testing

@Suite("Lines of texts from outside") struct TextLinesTests {
  private static func texts(_ text: String) -> [String] { TextLines(Array(text.utf8)).compactMap(\.text) }

  @Test(
    "a line ends with LF, CR or CRLF, in one text too, or as programs leave it that translate ends twice",
    arguments: [
      "a\r\r\nb\r\r\n", "a\rb\n", "a\nb\r", "a\r\nb\r", "\u{FEFF}a\r\r\nb", "a\nb\n", "a\r\nb\r\n", "a\rb\r",
      "a\r\nb\n", "a\nb", "a\r\nb", "\u{FEFF}a\r\nb\r\n",
    ])
  func endings(text: String) { #expect(Self.texts(text) == ["a", "b"]) }

  @Test("empty lines count, and nothing is trimmed")
  func nothingTrimmed() {
    #expect(Self.texts("\ta \n\n\r\n b\t") == ["\ta ", "", "", " b\t"])
    #expect(Self.texts("") == [] && Self.texts("\u{FEFF}") == [])
    #expect(TextLines(Array("\n\nx".utf8)).map(\.number) == [1, 2, 3])
  }

  @Test("a last line without its ending is known, and where each ends")
  func ends() {
    let lines = Array(TextLines(Array("\u{FEFF}ab\r\ncd\n3.06e-0".utf8)))
    #expect(lines.map(\.isEnded) == [true, true, false])
    #expect(lines.map(\.end) == [7, 10, 17])
    // Cut between CR and LF: the line itself is whole.
    #expect(TextLines(Array("a\nb\r".utf8)).map(\.isEnded) == [true, true])
  }

  @Test(
    "UTF-16 is read where a text may be in any encoding, with its mark and without", arguments: [true, false],
    ["\u{FEFF}", ""])
  func utf16(isLittle: Bool, mark: String) {
    let bytes = "\(mark)4\r\nσ\r\n".utf16.flatMap { unit in
      let (low, high) = (UInt8(unit & 255), UInt8(unit >> 8))
      return isLittle ? [low, high] : [high, low]
    }
    #expect(TextLines(anyEncoding: bytes).compactMap(\.text) == ["4", "σ"])
    #expect(TextLines.isUTF16(bytes) && !TextLines.isUTF16(Array("4\nσ\n".utf8)))
    // Cut within a character: its line is not whole.
    let cut = Array(TextLines(anyEncoding: Array(bytes.dropLast(4)) + [0x34]))
    #expect(cut.first?.text == "4" && cut.last?.isEnded == false)
  }

  @Test("a text of nothing but carriage returns takes time in proportion to its length")
  func returns() {
    #expect(TextLines([UInt8](repeating: 13, count: 1 << 20)).reduce(0) { count, _ in count + 1 } == 1 << 20)
  }

  @Test("empty lines of old texts count")
  func emptyLines() {
    #expect(Self.texts("a\r\rb\r") == ["a", "", "b"] && Self.texts("a\r\r\n\r\r\nb") == ["a", "", "b"])
    #expect(TextLines(Array("ab\r\r\ncd\r\nef\rg".utf8)).map(\.end) == [5, 9, 12, 13])
  }

  @Test("bytes that are no UTF-8 are no text")
  func noText() { #expect(TextLines([0xC3, 0x28, 0x0A]).map(\.text) == [nil]) }
}
