import Foundation
import TestSupport

/// Files made by Fixtures/make_fixtures.py, and a place to write.
enum FixtureFolder {
  static func path(_ name: String) -> String {
    Repository.root.appendingPathComponent("Tests/NumPyFilesTests/Fixtures/\(name)").path
  }

  static func bytes(_ name: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: URL(fileURLWithPath: path(name))))
  }

  /// Calls `body` with a fresh folder that is removed afterwards.
  static func withTemporary<Result>(_ body: (URL) throws -> Result) throws -> Result {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("ndc-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    return try body(folder)
  }

  /// Writes a new file: some file systems bring a shortened one to the disk at once, which takes long.
  static func write(_ bytes: [UInt8], to url: URL) throws {
    try? FileManager.default.removeItem(at: url)
    try Data(bytes).write(to: url)
  }

  /// The file with one byte changed, for every byte and mask; and cut at every length.
  static func damaged(_ bytes: [UInt8], masks: [UInt8] = [0x01, 0x80, 0xFF]) -> (flipped: [[UInt8]], cut: [[UInt8]]) {
    let flipped = bytes.indices.flatMap { index in
      masks.map { mask in
        var copy = bytes
        copy[index] ^= mask
        return copy
      }
    }
    return (flipped, bytes.indices.map { Array(bytes[..<$0]) })
  }
}
