import Basics
import Testing

@Suite("Lines of texts from outside") struct TextLinesTests {
  private static func texts(_ text: String) -> [String] { TextLines(Array(text.utf8)).compactMap(\.text) }

  @Test(
    "a line ends with LF, CRLF, or CR where there is no LF",
    arguments: ["a\nb\n", "a\r\nb\r\n", "a\rb\r", "a\r\nb\n", "a\nb", "a\r\nb", "\u{FEFF}a\r\nb\r\n"])
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

  @Test("UTF-16 with its mark is read where a text may be in any encoding", arguments: [true, false])
  func utf16(isLittle: Bool) {
    let bytes = "\u{FEFF}4\r\nσ\r\n".utf16.flatMap { unit in
      let (low, high) = (UInt8(unit & 255), UInt8(unit >> 8))
      return isLittle ? [low, high] : [high, low]
    }
    #expect(TextLines(anyEncoding: bytes).compactMap(\.text) == ["4", "σ"])
  }

  @Test("bytes that are no UTF-8 are no text")
  func noText() { #expect(TextLines([0xC3, 0x28, 0x0A]).map(\.text) == [nil]) }
}
