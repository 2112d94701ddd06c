import Basics

/// Reading the files of a run directory, whoever wrote them: their size is checked before memory is taken.
enum RunFile {
  /// A manifest, a summary or a list of images.
  static let largestManifest = 64 << 20
  /// Some ten million records.
  static let largestRecords = 4 << 30

  /// The whole file.
  ///
  /// - Throws: `InputError` naming the file when it cannot be read, is not a regular file or too large.
  static func read(_ path: String, limit: Int) throws -> [UInt8] {
    let file = try MappedFile(path: path)
    defer { withExtendedLifetime(file) {} }
    guard file.bytes.count <= limit else {
      throw InputError(
        "too large for what it should be", file: path, expected: "at most \(limit) bytes",
        found: "\(file.bytes.count)")
    }
    return Array(file.bytes)
  }
}
