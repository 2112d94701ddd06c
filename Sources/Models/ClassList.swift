import Basics
import Foundation

/// Some of a model's classes as a person names them: labels or names, in any order.
public struct ClassList: Hashable, Sendable {
  /// Each a label or a name.
  public let entries: [String]
  /// The file they were read from; nil for a list.
  public let file: String?

  /// Larger than any list of classes.
  private static let largestFile = 1 << 24

  /// - Throws: `UsageError` for fewer than two entries, an empty one, and one that is there twice.
  public init(_ entries: [String], file: String? = nil) throws {
    let entries = entries.map { $0.trimmingCharacters(in: .whitespaces) }
    let place = file.map { " in \($0)" } ?? ""
    if entries.contains("") { throw UsageError("\(.classes): an empty entry in \"\(entries.joined(separator: ","))\"") }
    guard entries.count > 1 else {
      let hint = file == nil ? "; a list is separated by commas, and there is no file of this name" : ""
      throw UsageError(
        "\(.classes): name at least two classes\(place); found \(entries.first.map { "\"\($0)\"" } ?? "none")\(hint)")
    }
    var seen: Set<String> = []
    if let twice = entries.first(where: { !seen.insert($0).inserted }) {
      throw UsageError("\(.classes): \"\(twice)\" is named twice\(place)")
    }
    self.entries = entries
    self.file = file
  }

  /// A file with one label or name a line, where there is one of this name, otherwise a list separated by commas.
  ///
  /// Empty lines of a file, and those that begin with #, are skipped.
  /// - Throws: `InputError` for a file that cannot be read; `UsageError` as `init(_:file:)`.
  public init(text: String) throws {
    var isFolder: ObjCBool = false
    if FileManager.default.fileExists(atPath: text, isDirectory: &isFolder), !isFolder.boolValue {
      let lines = try PlainLines.read(text, limit: Self.largestFile, kind: "a list of classes")
        .map { $0.trimmingCharacters(in: .whitespaces) }
      try self.init(lines.filter { !$0.isEmpty && !$0.hasPrefix("#") }, file: text)
    } else {
      try self.init(text.split(separator: ",", omittingEmptySubsequences: false).map(String.init))
    }
  }
}
