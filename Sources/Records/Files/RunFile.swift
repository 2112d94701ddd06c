import Basics
import Foundation

/// Reading the files of a run directory, whoever wrote them: their size is checked before memory is taken.
package enum RunFile {
  package static let manifestName = "run.json"
  package static let recordsName = "records.jsonl"
  package static let tableName = "certified.tsv"
  package static let summaryName = "summary.json"

  /// Some two million named pictures.
  static let largestManifest = 512 << 20
  /// A summary or a list of images.
  static let largestList = 16 << 20
  /// Some ten million records.
  static let largestRecords = 4 << 30
  /// Votes for thousands of classes.
  static let longestRecord = 1 << 20
  /// Some two million rows.
  static let largestTable = 128 << 20

  /// The whole file.
  ///
  /// - Parameter growth: how many times its size the file takes with what is made of it.
  /// - Throws: `InputError` naming the file when it cannot be read, is not a regular file or too large.
  static func read(_ path: String, limit: Int, growth: Int = 4) throws -> [UInt8] {
    try BoundedFile.read(path, limit: limit, growth: growth)
  }

  /// Run directories are written in UTF-8: in another encoding an editor has left their files.
  static func encodingError(_ bytes: [UInt8]) -> InputError? {
    do {
      _ = try bytes.withUnsafeBytes { try BoundedFile.utf8($0) }
      return nil
    } catch {
      return error as? InputError
    }
  }

  /// The whole run.json of a run directory.
  static func readManifest(_ path: String) throws -> [UInt8] {
    let bytes = try read(path, limit: largestManifest, growth: BoundedFile.jsonGrowth)
    if let error = encodingError(bytes) { throw error.inFile(path) }
    return bytes
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
