import Basics
import Foundation
import Records

/// A certification as Slurm jobs: one array task a shard, and a job after them that merges, verifies and reports.
///
/// What waits in the queue already is ``SlurmQueue``'s to say, how many shards there should be ``ShardProposal``'s.
public struct SlurmLaunch: Hashable, Sendable {
  /// Where everything goes: `job.sh`, `merge.sh`, `launch.json`, `shards/k`, `logs`, `merged`.
  public var folder: String
  /// N.
  public var shards: Int
  /// The options of `ndc certify` for the whole run.
  public var options: [String]
  /// The `ndc` that the nodes run.
  public var program: String
  /// The folder that relative paths begin at.
  public var workingFolder: String
  /// `--time`, `--partition`, `--cpus-per-task` of sbatch; nil for the cluster's own.
  public var time: String?
  public var partition: String?
  public var processors: Int?
  /// Tasks that may run at once; nil for as many as there is room for.
  public var atOnce: Int?

  public init(folder: String, shards: Int, options: [String], program: String, workingFolder: String) {
    self.folder = folder
    self.shards = shards
    self.options = options
    self.program = program
    self.workingFolder = workingFolder
  }

  public var jobFile: String { folder + "/job.sh" }
  public var mergeFile: String { folder + "/merge.sh" }
  public func shardFolder(_ index: Int) -> String { "\(folder)/shards/\(index)" }

  /// A task that ends a minute or two before it must: then the image at hand keeps its votes.
  static let warning = 120

  /// The array job's script.
  public var job: String {
    let command = ([program, "certify"] + options).map(Self.quoted).joined(separator: " ")
    return """
      #!/bin/bash
      # Certifies one shard a task. Written by ndc launch slurm, which says with --array which shards are missing.
      #SBATCH --job-name=ndc-certify
      #SBATCH --requeue
      #SBATCH --open-mode=append
      #SBATCH --signal=B:TERM@\(Self.warning)
      \(resources)
      cd \(Self.quoted(workingFolder)) || exit 1
      shard=$SLURM_ARRAY_TASK_ID

      # Pre-emption and the time limit are announced by TERM: ndc then keeps what is finished and the votes at hand.
      stopped=
      trap 'stopped=1; kill -TERM "$ndc"' TERM
      \(command) \\
        --shard "$shard/\(shards)" --out \(Self.quoted(folder))/shards/"$shard" --resume &
      ndc=$!
      wait "$ndc"
      status=$?
      if [ -n "$stopped" ]; then
        wait "$ndc"
        # Where Slurm does not do it by itself, as after the time limit.
        scontrol requeue "${SLURM_ARRAY_JOB_ID}_$shard"
        exit 130
      fi
      exit "$status"

      """
  }

  /// The script of the job that follows.
  public var merge: String {
    let (ndc, place) = (Self.quoted(program), Self.quoted(folder))
    return """
      #!/bin/bash
      # Merges the shards, verifies the run and reports it. Written by ndc launch slurm.
      #SBATCH --job-name=ndc-merge
      #SBATCH --requeue
      \(resources)
      cd \(Self.quoted(workingFolder)) || exit 1
      \(ndc) status \(place)/shards
      \(ndc) merge \(place)/shards --out \(place)/merged || exit
      \(ndc) verify \(place)/merged || exit
      \(ndc) report \(place)/merged --out \(place)/report.html

      """
  }

  private var resources: String {
    [
      time.map { "#SBATCH --time=\($0)\n" }, partition.map { "#SBATCH --partition=\($0)\n" },
      processors.map { "#SBATCH --cpus-per-task=\($0)\n" },
    ].compactMap { $0 }.joined()
  }

  /// The shards that are neither finished nor being written, whatever waits in the queue.
  ///
  /// - Throws: `InputError` for a shard whose files do not hold what they should.
  public func missing() throws -> [Int] {
    try (0..<shards).filter { index in
      let status = try RunStatus([shardFolder(index)]).parts[0]
      return !status.isBegun ? status.holder == nil : status.missing > 0
    }
  }

  /// N of the shards that are there already; nil where there are none.
  ///
  /// - Throws: `InputError` for a run.json that cannot be read.
  public static func shards(in folder: String) throws -> Int? {
    for path in RunStatus.expand(folder + "/shards") where path != folder + "/shards" {
      if let shard = try RunDirectory.readManifest(path).shard { return shard.of }
    }
    return nil
  }

  /// Writes the scripts and what was decided, and makes the folders.
  public func write() throws {
    for inner in ["shards", "logs"] {
      do {
        try FileManager.default.createDirectory(atPath: "\(folder)/\(inner)", withIntermediateDirectories: true)
      } catch {
        throw InputError("cannot make the folder", file: "\(folder)/\(inner)")
      }
    }
    try AtomicFile.write(Array(job.utf8), to: jobFile)
    try AtomicFile.write(Array(merge.utf8), to: mergeFile)
    try AtomicFile.write(StableJSON.text(Earlier(shards: shards, options: options)), to: Self.recordFile(folder))
  }

  /// sbatch's arguments for some shards; logs are named by shard.
  public func submission(of missing: [Int]) -> [String] {
    let most = atOnce.map { "%\($0)" } ?? ""
    return ["--parsable", "--array=\(Self.ranges(missing))\(most)", "--output=\(folder)/logs/%a.log", jobFile]
  }

  /// sbatch's arguments for the job that follows.
  ///
  /// - Parameter jobs: the arrays whose tasks it waits for.
  public func mergeSubmission(after jobs: [String]) -> [String] {
    ["--parsable"] + (jobs.isEmpty ? [] : ["--dependency=afterany:" + jobs.joined(separator: ":")])
      + ["--output=\(folder)/logs/merge.log", mergeFile]
  }

  /// `0-3,7,9-10`.
  static func ranges(_ indices: [Int]) -> String {
    var ranges: [ClosedRange<Int>] = []
    for index in indices.sorted() {
      if let last = ranges.last, last.upperBound + 1 == index {
        ranges[ranges.count - 1] = last.lowerBound...index
      } else {
        ranges.append(index...index)
      }
    }
    return ranges.map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)-\($0.upperBound)" }
      .joined(separator: ",")
  }

  /// A word as the shell needs it.
  static func quoted(_ word: String) -> String {
    let plain = word.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "-_=./,:+@%".contains($0)) }
    return plain && !word.isEmpty ? word : "'" + word.replacing("'", with: "'\\''") + "'"
  }
}
