import Foundation

/// A place to write.
enum TemporaryFolder {
  static func make() throws -> URL {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("ndc-command-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    return folder
  }

  /// Calls `body` with a fresh folder that is removed afterwards.
  static func with<Result>(_ body: (URL) throws -> Result) throws -> Result {
    let folder = try make()
    defer { try? FileManager.default.removeItem(at: folder) }
    return try body(folder)
  }
}

extension URL {
  /// The path of a file in this folder.
  func file(_ name: String) -> String { appendingPathComponent(name).path }
}
