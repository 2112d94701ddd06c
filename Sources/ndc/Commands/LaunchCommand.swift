import ArgumentParser
import Foundation
import NoisedDiffusionClassifiers

struct LaunchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "launch",
    abstract: "Spread a certification over a cluster.",
    subcommands: [LaunchSlurmCommand.self])
}

extension LaunchCommand: NamesFiles {
  var files: FilePlan { FilePlan() }
}

struct LaunchSlurmCommand: ParsableCommand, NamesFiles {
  static let configuration = CommandConfiguration(
    commandName: "slurm",
    abstract: "Certify in shards, as tasks of a Slurm array.",
    discussion: """
      Writes DIR/job.sh, a task of which certifies a shard into DIR/shards/k, and DIR/merge.sh, which then merges the \
      shards into DIR/merged, verifies the run and reports it in DIR/report.html; and submits both. DIR is the --out of \
      the certification, on a file system that all nodes share. Given again, it submits the shards that are missing, are \
      not being written and neither wait nor run in the queue. Tasks that are pre-empted or reach their time limit keep \
      what they have and go on when requeued.

      Without --shards it certifies a few images first, for two minutes at most, in DIR/pilot-…, and splits the run so \
      that the last image is expected to be finished soonest; the expected makespan is said.

      Examples:
        ndc launch slurm --shards 50 --time 2:00:00 -- certify --count 500 --out /scratch/run
        ndc launch slurm --dry-run -- certify --count 500 --out /scratch/run
      """)

  @Option(
    help: ArgumentHelp(
      "How many shards. Default: as many as there are already, or as a pilot suggests; without one, an image each, up to 100.",
      valueName: "N"))
  var shards: Int?

  @Option(
    help: ArgumentHelp(
      "How many images to certify first, to say how long all take. Default: 5, but one of 20 at most; 0 for none.",
      valueName: "n"))
  var pilot: Int?

  @Option(
    help: ArgumentHelp(
      "How many tasks run at once at most, and are reckoned with. Default: no limit, and \(LaunchSlurmCommand.reckoned) reckoned with.",
      valueName: "K"))
  var atOnce: Int?

  @Option(help: ArgumentHelp("The time limit of a task, as sbatch takes it.", valueName: "time"))
  var time: String?

  @Option(help: ArgumentHelp("The partition.", valueName: "name"))
  var partition: String?

  @Option(help: ArgumentHelp("Processors of a task, and ndc's threads. Default: the cluster's.", valueName: "k"))
  var cpusPerTask: Int?

  @Flag(help: "Write the scripts and print what would be submitted.")
  var dryRun = false

  @Argument(
    parsing: .postTerminator,
    help: ArgumentHelp("The certification of all images, behind --.", valueName: "certify options"))
  var command: [String] = []

  private static let mostShards = 100
  private static let reckoned = 64
  /// Options that the tasks bring themselves, and whether a value follows.
  private static let own = ["--out": true, "--resume": false, "--json": false]

  mutating func validate() throws {
    if let shards, shards < 1 { throw ValidationError("--shards \(shards): must be at least 1") }
    if let pilot, pilot < 0 { throw ValidationError("--pilot \(pilot): must not be negative") }
    if let atOnce, atOnce < 1 { throw ValidationError("--at-once \(atOnce): must be at least 1") }
    if let cpusPerTask, cpusPerTask < 1 { throw ValidationError("--cpus-per-task \(cpusPerTask): must be at least 1") }
    for (flag, value) in [("--time", time), ("--partition", partition)] {
      guard let value else { continue }
      guard !value.isEmpty, value.allSatisfy({ !$0.isWhitespace && !$0.isNewline }) else {
        throw ValidationError("\(flag) \(value): one word")
      }
    }
    guard command.first == "certify" else {
      throw ValidationError(
        "name the certification behind --, as in: ndc launch slurm -- certify --count 500 --out DIR")
    }
    let certify = try certification()
    guard certify.out != nil else {
      throw ValidationError("name a folder that all nodes share: -- certify … --out DIR")
    }
    if certify.shard != nil { throw ValidationError("--shard is what the tasks add; --shards says how many") }
  }

  private func certification() throws -> CertifyCommand { try CertifyCommand.parse(Array(command.dropFirst())) }

  var files: FilePlan {
    get throws {
      try certification().files
    }
  }

  func run() throws {
    let certify = try certification()
    guard let named = certify.out else { preconditionFailure("validated") }
    let here = FileManager.default.currentDirectoryPath
    let folder = named.hasPrefix("/") ? named : "\(here)/\(named)"
    let images = try certify.data.indices.map { try ImageSelection.readIndices($0).count }
    let count = certify.data.count ?? images ?? QuickDefaults.images
    var launch = SlurmLaunch(
      folder: folder, shards: shards ?? min(count, Self.mostShards), options: options, program: Self.program,
      workingFolder: here)
    launch.time = time
    launch.partition = partition
    launch.processors = cpusPerTask
    launch.atOnce = atOnce
    if let cpusPerTask, !launch.options.contains("--threads") { launch.options += ["--threads", "\(cpusPerTask)"] }

    // Before the shards are looked at: a task that ends in between must not be submitted again.
    let inQueue: SlurmQueue
    do {
      inQueue = try Slurm.queue(of: launch, isNeeded: !dryRun)
    } catch {
      // The scripts are there, to be submitted elsewhere.
      try decideShards(&launch, count: count, inQueue: SlurmQueue())
      try launch.write()
      throw error
    }
    try decideShards(&launch, count: count, inQueue: inQueue)
    let missing = try launch.missing().filter { !inQueue.shards.contains($0) }
    try launch.write()
    let queued = inQueue.shards.isEmpty ? "" : ", \(inQueue.shards.count) wait or run"
    Output.notice(
      "\(missing.count) of \(launch.shards) shards are to be submitted\(queued); scripts: \(launch.jobFile), \(launch.mergeFile)"
    )
    try submit(launch, missing, inQueue)
  }

  private func submit(_ launch: SlurmLaunch, _ missing: [Int], _ inQueue: SlurmQueue) throws {
    var arrays = inQueue.arrays
    if !missing.isEmpty {
      let arguments = launch.submission(of: missing)
      if dryRun {
        Output.line("sbatch " + arguments.joined(separator: " "))
        arrays.append("JOB")
      } else {
        let job = try Slurm.submit(arguments, script: launch.jobFile)
        arrays.append(job)
        Output.line("submitted \(missing.count) shards as job \(job)")
      }
    } else if let merge = inQueue.waitingMerges.first ?? inQueue.runningMerges.first {
      Output.line("nothing to submit: the merge is in the queue as job \(merge)")
      return
    } else if arrays.isEmpty, launch.isReported {
      Output.line("nothing to submit: \(launch.folder)/merged and \(launch.folder)/report.html are there")
      return
    }
    let arguments = launch.mergeSubmission(after: arrays)
    if dryRun {
      Output.line("sbatch " + arguments.joined(separator: " "))
      return
    }
    let merge = try Slurm.submit(arguments, script: launch.mergeFile)
    // They would merge before the last shard is there.
    try Slurm.withdraw(inQueue.waitingMerges)
    Output.line(
      "submitted the merge as job \(merge)"
        + (arrays.isEmpty ? "" : ", after " + arrays.joined(separator: ", "))
        + (inQueue.waitingMerges.isEmpty ? "" : ", for " + inQueue.waitingMerges.joined(separator: ", ")))
  }

  /// N: what there is already, what is asked for, or what a pilot suggests.
  ///
  /// - Throws: `UsageError` for another run or another N than what waits, runs or is there.
  private func decideShards(_ launch: inout SlurmLaunch, count: Int, inQueue: SlurmQueue) throws {
    let earlier = try SlurmLaunch.earlier(in: launch.folder)
    let isSame = earlier?.isSameRun(as: launch.options) ?? true
    if let begun = try SlurmLaunch.shards(in: launch.folder) ?? (inQueue.shards.isEmpty ? nil : earlier?.shards) {
      let advice = "name another folder with --out"
      if let shards, begun != shards {
        throw UsageError(text: "\(launch.folder) holds shards of \(begun), not \(shards); \(advice)")
      }
      guard isSame else {
        throw UsageError(
          text: "\(launch.folder) was launched as certify \(earlier?.options.joined(separator: " ") ?? ""); \(advice)")
      }
      launch.shards = begun
      return
    }
    if shards == nil, isSame, let earlier, pilot == nil {
      launch.shards = earlier.shards
    } else if let proposal = try proposal(launch, count: count) {
      if shards == nil { launch.shards = proposal.best.shards }
      for line in proposal.lines(shards: launch.shards, isChosen: shards == nil, isReckoned: atOnce == nil) {
        Output.notice(line)
      }
    }
    if launch.shards > count {
      throw UsageError(text: "--shards \(launch.shards): the \(count) images make at most as many shards")
    }
  }

  /// What a pilot suggests; nil where none is wanted, or no image of it was finished.
  private func proposal(_ launch: SlurmLaunch, count: Int) throws -> ShardProposal? {
    guard pilot != 0, shards == nil || pilot != nil else { return nil }
    let work = LaunchPilot(pilot, of: launch.options, count: count, in: launch.folder)
    let found = try Pilot.run(work, program: Self.program)
    guard found.finished > 0 else {
      Output.notice(
        "the pilot finished no image in \(fixed(LaunchPilot.limit, 0)) s; how long all take is not known")
      return nil
    }
    Output.notice(
      "pilot: \(found.finished) of \(count) images, \(seconds(found.costs.min() ?? 0)) to \(seconds(found.costs.max() ?? 0)) each, after a start-up of \(seconds(found.startup))"
    )
    return ShardProposal(
      costs: found.costs, images: count, startup: found.startup, tasks: atOnce ?? Self.reckoned)
  }

  /// The certification's options but for those that the tasks bring.
  private var options: [String] {
    var kept: [String] = []
    var rest = command.dropFirst()
    while let word = rest.popFirst() {
      if let takesValue = Self.own[word] {
        if takesValue { _ = rest.popFirst() }
      } else if !word.hasPrefix("--out=") {
        kept.append(word)
      }
    }
    return kept
  }

  /// The program itself, wherever the nodes look for it.
  private static var program: String {
    let path = Bundle.main.executablePath ?? CommandLine.arguments[0]
    return URL(fileURLWithPath: path).resolvingSymlinksInPath().path
  }
}

/// A duration as people say it.
private func seconds(_ value: Double) -> String {
  if value < 100 { return "\(fixed(value, 1)) s" }
  return value < 6000 ? "\(fixed(value / 60, 1)) min" : "\(fixed(value / 3600, 1)) h"
}

extension ShardProposal {
  /// What is expected of the number chosen, beside other numbers of tasks.
  fileprivate func lines(shards: Int, isChosen: Bool, isReckoned: Bool) -> [String] {
    func expected(_ outcome: Outcome) -> String {
      "\(seconds(outcome.makespan)), efficiency \(fixed(100 * outcome.efficiency, 0)) %"
    }
    let outcome = outcome(shards: shards)
    let others = [1, 16, 64, 256].filter { $0 != tasks && $0 < shards }.map { tasks in
      let other = ShardProposal(costs: costs, images: images, startup: startup, tasks: tasks)
      return "\(seconds(other.outcome(shards: shards).makespan)) with \(tasks)"
    }
    var lines = [
      "\(isChosen ? "proposed: " : "")\(shards) shards; expected with \(tasks) tasks at once\(isReckoned ? " (--at-once says how many)" : ""): \(expected(outcome))\(others.isEmpty ? "" : "; " + others.joined(separator: ", "))"
    ]
    if startup + (costs.max() ?? 0) > work / Double(tasks) {
      lines.append("no split is faster than \(seconds(bound)): the start-up and the slowest image")
    }
    return lines
  }
}
