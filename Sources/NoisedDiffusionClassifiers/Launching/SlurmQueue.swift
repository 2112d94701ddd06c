import Foundation

/// What of a launched run waits or runs in Slurm already, by what `squeue` says.
public struct SlurmQueue: Hashable, Sendable {
  /// The arguments of `squeue`: the array's job, the task, the state and the script of every task of everybody.
  public static let arguments = ["--noheader", "--array", "--all", "--format=%F|%K|%T|%o"]

  /// Shards whose tasks wait or run.
  public private(set) var shards: Set<Int> = []
  /// The array jobs that these belong to.
  public private(set) var arrays: [String] = []
  /// Jobs that are to merge and have not begun.
  public private(set) var waitingMerges: [String] = []
  /// Jobs that are merging.
  public private(set) var runningMerges: [String] = []

  /// Nothing.
  public init() {}

  /// - Parameters:
  ///   - text: what `squeue` printed.
  ///   - launch: whose scripts count; links on the way to them do not matter.
  public init(_ text: String, of launch: SlurmLaunch) {
    let (job, merge) = (Self.place(launch.jobFile), Self.place(launch.mergeFile))
    for line in text.split(separator: "\n") {
      let fields = line.split(separator: "|", maxSplits: 3, omittingEmptySubsequences: false).map {
        $0.trimmingCharacters(in: .whitespaces)
      }
      guard fields.count == 4 else { continue }
      let (identifier, script) = (fields[0], Self.place(fields[3]))
      if script == job, let shard = Int(fields[1]) {
        shards.insert(shard)
        if !arrays.contains(identifier) { arrays.append(identifier) }
      } else if script == merge {
        if fields[2] == "PENDING" { waitingMerges.append(identifier) } else { runningMerges.append(identifier) }
      }
    }
  }

  private static func place(_ path: String) -> String {
    URL(fileURLWithPath: path).resolvingSymlinksInPath().standardizedFileURL.path
  }
}
