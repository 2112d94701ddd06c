import Basics
import Foundation
import Records

/// A few images of a run, evenly spread, that are certified before it is split: the first shard of many, in a folder of its
/// own.
public struct LaunchPilot: Hashable, Sendable {
  /// What it found out.
  public struct Findings: Hashable, Sendable {
    /// Seconds of each image, by its evaluations and the rate of all. One that was not finished counts with the time that
    /// it has taken, if others were.
    public var costs: [Double]
    /// Seconds before the first vote.
    public var startup: Double
    public var finished: Int
  }

  /// Images at most, unless more are asked for.
  public static let images = 5
  /// Of so many images of the run at most one.
  private static let share = 20
  /// Seconds after which it is stopped: a run of such images is one of a shard an image, whatever they cost.
  public static let limit = 120.0
  private static let leastStartup = 0.1

  public let folder: String
  /// The command line of `ndc`.
  public let arguments: [String]

  /// - Parameters:
  ///   - asked: images; nil for ``images``, or one of twenty.
  ///   - options: the options of `ndc certify` for the whole run.
  ///   - count: the images of the whole run.
  ///   - folder: where the launch keeps its files.
  public init(_ asked: Int?, of options: [String], count: Int, in folder: String) {
    let images = min(count, asked ?? min(Self.images, max(1, count / Self.share)))
    let shard = "0/\((count + images - 1) / images)"
    let digest = Array((options + [shard]).joined(separator: "\u{0}").utf8)
      .withUnsafeBytes { SHA256Digest.hexadecimal(of: $0) }
    // Other options are another pilot.
    self.folder = "\(folder)/pilot-\(digest.prefix(8))"
    arguments = ["certify"] + options + ["--shard", shard, "--out", self.folder, "--resume"]
  }

  /// Records that are there before it goes on.
  public var recordCount: Int { (try? RunDirectory.readRecords(folder).count) ?? 0 }

  /// - Parameters:
  ///   - start: when it was started.
  ///   - before: records that were there already.
  ///   - isStopped: whether it was stopped at its limit.
  /// - Throws: `InputError` for records that are none.
  public func findings(since start: Date, before: Int, isStopped: Bool) throws -> Findings {
    let end = Date()
    // Written when all is open, right before the first vote.
    let opened = try FileManager.default.attributesOfItem(atPath: folder + "/run.json")[.modificationDate] as? Date
    let startup = opened.map { max(Self.leastStartup, $0.timeIntervalSince(start)) }
    let records = try RunDirectory.readRecords(folder)
    let (evaluations, seconds) = records.reduce((0, 0.0)) { ($0.0 + $1.evaluations, $0.1 + $1.seconds) }
    var costs = records.map { Double($0.evaluations) * seconds / Double(max(1, evaluations)) }
    if isStopped, let opened, !costs.isEmpty {
      let known = records.dropFirst(before).reduce(0) { $0 + $1.seconds }
      costs.append(max(0, end.timeIntervalSince(opened) - known))
    }
    return Findings(costs: costs, startup: startup ?? end.timeIntervalSince(start), finished: records.count)
  }
}
