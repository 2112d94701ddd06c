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
}
