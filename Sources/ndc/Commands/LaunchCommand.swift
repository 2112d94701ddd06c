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
      the certification, on a file system that all nodes share. Given again, it submits the shards that are missing and \
      nothing else. Tasks that are pre-empted or reach their time limit keep what they have and go on when requeued.

      Examples:
        ndc launch slurm --shards 50 --time 2:00:00 -- certify --count 500 --out /scratch/run
        ndc launch slurm --dry-run -- certify --count 500 --out /scratch/run
      """)

  @Option(
    help: ArgumentHelp(
      "How many shards. Default: one for each image up to 100, or as many as there are already.", valueName: "N"))
  var shards: Int?

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
  /// Options that the tasks bring themselves, and whether a value follows.
  private static let own = ["--out": true, "--resume": false, "--json": false]

  mutating func validate() throws {
    if let shards, shards < 1 { throw ValidationError("--shards \(shards): must be at least 1") }
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
    guard let folder = certify.out else { preconditionFailure("validated") }
    let begun = try SlurmLaunch.shards(in: folder)
    if let begun, let shards, begun != shards {
      throw UsageError(text: "\(folder) holds shards of \(begun), not \(shards); name another folder with --out")
    }
    let images = try certify.data.indices.map { try ImageSelection.readIndices($0).count }
    let count = certify.data.count ?? images ?? QuickDefaults.images
    let here = FileManager.default.currentDirectoryPath
    var launch = SlurmLaunch(
      folder: folder.hasPrefix("/") ? folder : "\(here)/\(folder)",
      shards: begun ?? shards ?? min(count, Self.mostShards), options: options, program: Self.program,
      workingFolder: here)
    if launch.shards > count {
      throw UsageError(text: "--shards \(launch.shards): the \(count) images make at most as many shards")
    }
    launch.time = time
    launch.partition = partition
    launch.processors = cpusPerTask
    if let cpusPerTask, !launch.options.contains("--threads") { launch.options += ["--threads", "\(cpusPerTask)"] }

    let missing = try launch.missing()
    try launch.write()
    Output.notice(
      "\(missing.count) of \(launch.shards) shards are missing; scripts: \(launch.jobFile), \(launch.mergeFile)")
    if dryRun {
      if !missing.isEmpty { Output.line("sbatch " + launch.submission(of: missing).joined(separator: " ")) }
      Output.line(
        "sbatch " + launch.mergeSubmission(after: missing.isEmpty ? nil : "JOB").joined(separator: " "))
      return
    }
    var job: String?
    if !missing.isEmpty {
      let submitted = try Self.submit(launch.submission(of: missing), script: launch.jobFile)
      job = submitted
      Output.line("submitted \(missing.count) shards as job \(submitted)")
    }
    let merge = try Self.submit(launch.mergeSubmission(after: job), script: launch.mergeFile)
    Output.line("submitted the merge as job \(merge)\(job.map { ", after \($0)" } ?? "")")
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

  /// The identifier of a submitted job.
  ///
  /// - Throws: `UsageError` where there is no Slurm; `InputError` with what sbatch says.
  private static func submit(_ arguments: [String], script: String) throws -> String {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["sbatch"] + arguments
    let (output, errors) = (Pipe(), Pipe())
    process.standardOutput = output
    process.standardError = errors
    try process.run()
    let (answer, complaint) = (
      output.fileHandleForReading.readDataToEndOfFile(), errors.fileHandleForReading.readDataToEndOfFile()
    )
    process.waitUntilExit()
    if process.terminationStatus == 127 {
      throw UsageError(
        text: "there is no Slurm here: sbatch is not found; the script is \(script), to be submitted where there is one"
      )
    }
    let said = String(decoding: complaint, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
    guard process.terminationStatus == 0 else { throw InputError("sbatch refused the job: \(said)", file: script) }
    // `ID;cluster` where there are several.
    let identifier = String(decoding: answer, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
    guard let job = identifier.split(separator: ";").first.map(String.init), Int(job) != nil else {
      throw InputError("sbatch names no job", file: script, expected: "a number", found: identifier)
    }
    return job
  }
}
