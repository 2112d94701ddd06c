import Basics
import Foundation
import Testing

@Suite("Mapping files")
struct MappedFileTests {
  private func withFile(_ bytes: [UInt8], _ body: (String) throws -> Void) throws {
    let url = FileManager.default.temporaryDirectory.appendingPathComponent("ndc-\(UUID().uuidString)")
    try Data(bytes).write(to: url)
    defer { try? FileManager.default.removeItem(at: url) }
    try body(url.path)
  }

  @Test("the bytes and the digest are the file's", arguments: [0, 1, 4096, 10_000])
  func contents(size: Int) throws {
    let bytes = (0..<size).map { UInt8(truncatingIfNeeded: $0 * 31) }
    try withFile(bytes) { path in
      let file = try MappedFile(path: path)
      #expect(Array(file.bytes) == bytes)
      #expect(file.digest() == bytes.withUnsafeBytes { SHA256Digest.hexadecimal(of: $0) })
      #expect(file.path == path)
    }
  }

  @Test(
    "an absent file, a folder and a device are input errors that name the path",
    arguments: [
      "/nonexistent/file", "/tmp", "/dev/null",
    ])
  func notFiles(path: String) throws {
    let error = try #require(throws: InputError.self) { try MappedFile(path: path) }
    #expect(error.file == path)
  }
}
