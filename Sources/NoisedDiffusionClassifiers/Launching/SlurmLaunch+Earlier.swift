import Basics
import Foundation
import Records

extension SlurmLaunch {
  /// What an earlier launch into the same folder decided: `launch.json`. Tasks that wait in the queue have left nothing
  /// else.
  public struct Earlier: Hashable, Sendable, Codable {
    public var shards: Int
    public var options: [String]

    public init(shards: Int, options: [String]) {
      self.shards = shards
      self.options = options
    }

    /// Whether the same run was launched; threads change no vote.
    public func isSameRun(as options: [String]) -> Bool {
      Self.withoutExecution(self.options) == Self.withoutExecution(options)
    }

    private static func withoutExecution(_ options: [String]) -> [String] {
      var kept: [String] = []
      var rest = options[...]
      while let word = rest.popFirst() {
        if word == "--threads" {
          _ = rest.popFirst()
        } else if !word.hasPrefix("--threads=") {
          kept.append(word)
        }
      }
      return kept
    }
  }

  static func recordFile(_ folder: String) -> String { folder + "/launch.json" }

  /// - Throws: `InputError` for a file that is not one.
  public static func earlier(in folder: String) throws -> Earlier? {
    let file = recordFile(folder)
    guard FileManager.default.fileExists(atPath: file) else { return nil }
    let content = try MappedFile(path: file)
    let earlier = try withExtendedLifetime(content) {
      try StableJSON.decode(Earlier.self, from: content.bytes, file: file)
    }
    guard earlier.shards > 0 else {
      throw InputError("no number of shards", file: file, location: "field \"shards\"", found: "\(earlier.shards)")
    }
    return earlier
  }

  /// Whether everything is there already: all shards merged, and their report.
  public var isReported: Bool {
    guard let manifest = try? RunDirectory.readManifest(folder + "/merged"), let merged = manifest.merged else {
      return false
    }
    return merged.partialOf == nil && Set(merged.parts.compactMap(\.shard)).count == shards
      && FileManager.default.fileExists(atPath: folder + "/report.html")
  }
}
