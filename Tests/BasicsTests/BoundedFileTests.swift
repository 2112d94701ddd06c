import Basics
import Foundation
import Testing

@Suite struct BoundedFileTests {
  @Test("A file up to its limit is read whole, a larger one refused by its size, an absent one by name")
  func limit() throws {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("ndc-test-\(UUID().uuidString)").path
    try Data([1, 2, 3]).write(to: URL(fileURLWithPath: path))
    defer { try? FileManager.default.removeItem(atPath: path) }
    #expect(try BoundedFile.read(path, limit: 3, growth: 1) == [1, 2, 3])
    let error = #expect(throws: InputError.self) {
      try BoundedFile.read(path, limit: 2, growth: 1, kind: "a calibration")
    }
    #expect(error?.description == "\(path): too large for a calibration; expected at most 2 bytes, found 3")
    #expect(throws: InputError.self) { try BoundedFile.read(path + "x", limit: 2, growth: 1) }
  }

  @Test(
    "JSON in another encoding than UTF-8 is refused by the encoding's name",
    arguments: [
      (String.Encoding.utf16LittleEndian, "UTF-16"), (.utf16BigEndian, "UTF-16"), (.utf32LittleEndian, "UTF-32"),
      (.utf32BigEndian, "UTF-32"),
    ], ["", "\u{FEFF}"])
  func encoding(_ encoding: (code: String.Encoding, name: String), mark: String) throws {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("ndc-test-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    let text = try #require((mark + #"{"σ": 0.5}"#).data(using: encoding.code))
    try text.write(to: URL(fileURLWithPath: path))
    let error = #expect(throws: InputError.self) { try BoundedFile.readJSON(path, limit: 100) }
    #expect(
      error?.description
        == "\(path): is in \(encoding.name); expected UTF-8: save it again in that encoding, found \(encoding.name)")
  }

  @Test("the byte order mark of UTF-8 is passed over")
  func mark() throws {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("ndc-test-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    for text in ["\u{FEFF}{}", "{}"] {
      try Data(text.utf8).write(to: URL(fileURLWithPath: path))
      #expect(try BoundedFile.readJSON(path, limit: 9) == Array("{}".utf8))
    }
    try Data().write(to: URL(fileURLWithPath: path))
    #expect(try BoundedFile.readJSON(path, limit: 9) == [])
  }
}
