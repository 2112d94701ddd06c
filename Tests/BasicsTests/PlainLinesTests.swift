import Basics
import Foundation
import Testing

@Suite struct PlainLinesTests {
  @Test(arguments: ["a\nb\n", "a\r\nb\r\n", "\u{FEFF}a\r\nb\n", "a\rb\r", "a\r\r\nb\r\r\n"])
  func `ends of lines and a byte order mark are no part of a line`(text: String) throws {
    let file = FileManager.default.temporaryDirectory.appendingPathComponent("ndc-lines-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: file) }
    try Data(text.utf8).write(to: file)
    #expect(try PlainLines.read(file.path, limit: 100, kind: "a list") == ["a", "b", ""])
    #expect(throws: InputError.self) { try PlainLines.read(file.path, limit: 2, kind: "a list") }
  }
}
