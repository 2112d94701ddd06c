import Basics

/// Reading the files of a run directory, whoever wrote them: their size is checked before memory is taken.
package enum RunFile {
  package static let manifestName = "run.json"
  package static let recordsName = "records.jsonl"
  package static let tableName = "certified.tsv"
  package static let summaryName = "summary.json"

  /// A manifest, a summary or a list of images.
  static let largestManifest = 16 << 20
  /// Some ten million records.
  static let largestRecords = 4 << 30
  /// Votes for thousands of classes.
  static let longestRecord = 1 << 20
  /// Some two million rows.
  static let largestTable = 128 << 20

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
    // The bytes and what is decoded from them: as much as 26 times their size, where a manifest is full of numbers.
    try MemoryBudget.require(
      (limit <= largestManifest ? 26 : 4) * file.bytes.count, for: "a run's file", file: path)
    return Array(file.bytes)
  }
}
