import Foundation
import TestSupport

/// Files made by Fixtures/make_fixtures.py, and a place to write.
enum FixtureFolder {
  static func path(_ name: String) -> String {
    Repository.root.appendingPathComponent("Tests/DatasetsTests/Fixtures/\(name)").path
  }

  static func bytes(_ name: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: URL(fileURLWithPath: path(name))))
  }

  /// Calls `body` with a fresh folder that is removed afterwards.
  static func withTemporary<Result>(_ body: (TemporaryFolder) throws -> Result) throws -> Result {
    let url = FileManager.default.temporaryDirectory.appendingPathComponent("ndc-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: url) }
    return try body(TemporaryFolder(url: url))
  }
}

struct TemporaryFolder {
  let url: URL

  func path(_ name: String) -> String { url.appendingPathComponent(name).path }

  /// Writes a file, making the folders on the way; returns its path.
  @discardableResult
  func write(_ name: String, _ bytes: [UInt8]) throws -> String {
    let file = url.appendingPathComponent(name)
    try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    // A new file: some file systems bring a shortened one to the disk at once, which takes long.
    try? FileManager.default.removeItem(at: file)
    try Data(bytes).write(to: file)
    return file.path
  }

  func make(_ folder: String) throws {
    try FileManager.default.createDirectory(at: url.appendingPathComponent(folder), withIntermediateDirectories: true)
  }

  func copy(_ fixture: String, to name: String) throws {
    try write(name, FixtureFolder.bytes(fixture))
  }
}
