import Basics
import Foundation

/// How far runs are that may be parts of one: what `ndc status` shows.
public struct RunStatus: Hashable, Sendable, Encodable {
  public struct Part: Hashable, Sendable, Encodable {
    public var path: String
    /// `k/N` of a shard.
    public var shard: String?
    public var images: Int
    public var done: Int
    /// Left, while somebody is writing.
    public var running: Int
    /// Left, and nobody is at work.
    public var missing: Int
    /// Who is writing.
    public var holder: String?
    /// Whether there is a run at all.
    public var isBegun: Bool
  }

  public var parts: [Part]
  /// Shards that none of the folders holds.
  public var absentShards: [String]
  /// Of the whole: of all shards, named or not, and of all other runs.
  public var images: Int
  public var done: Int
  public var running: Int
  public var missing: Int

  public var isComplete: Bool { done == images && missing == 0 && running == 0 && parts.allSatisfy(\.isBegun) }

  /// Looks at run directories; one that is not there, or holds no run yet, has not begun.
  ///
  /// - Throws: `InputError` for files that do not hold what they should.
  public init(_ paths: [String]) throws {
    parts = []
    absentShards = []
    (images, done, running, missing) = (0, 0, 0, 0)
    /// Of one whole: how many images each of its shards has done at most, and how many somebody is at.
    var wholes: [RunShard: [Int: (done: Int, running: Int)]] = [:]
    for path in paths {
      guard FileManager.default.fileExists(atPath: path + "/" + RunFile.manifestName) else {
        parts.append(
          Part(
            path: path, images: 0, done: 0, running: 0, missing: 0, holder: RunLock.holder(directory: path),
            isBegun: false))
        continue
      }
      let part = try RunPart(path: path)
      let left = part.indices.count - part.records.count
      let status = Part(
        path: path, shard: part.manifest.shard?.name, images: part.indices.count, done: part.records.count,
        running: part.holder == nil ? 0 : left, missing: part.holder == nil ? left : 0, holder: part.holder,
        isBegun: true)
      parts.append(status)
      guard let shard = part.manifest.shard else {
        images += status.images
        done += status.done
        running += status.running
        missing += status.missing
        continue
      }
      var whole = shard
      whole.index = 0
      let before = wholes[whole, default: [:]][shard.index] ?? (0, 0)
      let reached = max(before.done, status.done)
      wholes[whole, default: [:]][shard.index] = (
        reached, before.running > 0 || status.running > 0 ? status.images - reached : 0
      )
    }
    for (whole, shards) in wholes.sorted(by: { $0.key.pictures < $1.key.pictures }) {
      let done = shards.values.reduce(0) { $0 + $1.done }
      let running = shards.values.reduce(0) { $0 + $1.running }
      images += whole.images
      self.done += done
      self.running += running
      missing += whole.images - done - running
      absentShards += (0..<min(whole.of, whole.images)).filter { shards[$0] == nil }.map { "\($0)/\(whole.of)" }
    }
  }
}

extension RunStatus {
  /// The run directories that a path names: itself, or those right within it where it holds no run.
  public static func expand(_ path: String) -> [String] {
    let manager = FileManager.default
    func isRun(_ folder: String) -> Bool { manager.fileExists(atPath: folder + "/" + RunFile.manifestName) }
    guard !isRun(path), let inside = try? manager.contentsOfDirectory(atPath: path) else { return [path] }
    let runs = inside.filter { !$0.hasPrefix(".") }.map { "\(path)/\($0)" }.filter(isRun)
    let ascending = runs.sorted { $0.compare($1, options: .numeric) == .orderedAscending }
    return ascending.isEmpty ? [path] : ascending
  }
}
