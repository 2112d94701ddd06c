import Basics
import Foundation

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
    try BoundedFile.read(path, limit: limit, growth: limit <= largestManifest ? BoundedFile.jsonGrowth : 4)
  }
}

extension RunFile {
  static let names: Set = [manifestName, recordsName, tableName, summaryName]

  /// The files of a run directory, and of the run directories right within it, that are the run's own.
  package static func own(in folder: String, withParts: Bool = true) -> [String] {
    let inside = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return inside.map { "\(folder)/\($0)" }.flatMap { path in
      isOwn(path) ? [path] : withParts ? own(in: path, withParts: false) : []
    }
  }

  /// Whether a path, there or not, is one of the files that a run directory is made of.
  package static func isOwn(_ path: String) -> Bool {
    let url = URL(fileURLWithPath: path)
    let (name, folder) = (url.lastPathComponent, url.deletingLastPathComponent().path)
    guard names.contains(name) || name.hasPrefix(RunDirectory.hiddenPrefix) else { return false }
    return [manifestName, recordsName].contains { FileManager.default.fileExists(atPath: "\(folder)/\($0)") }
  }
}
