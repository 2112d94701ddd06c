import ArgumentParser
import Foundation
import NoisedDiffusionClassifiers

struct MergeCommand: ParsableCommand, NamesFiles {
  static let configuration = CommandConfiguration(
    commandName: "merge",
    abstract: "Put shards together into the run directory that one machine would have left.",
    discussion: """
      Takes the run directories of ndc certify --shard, or of runs that differ in nothing but their images. A folder that \
      holds no run stands for those right within it. Records and table are those of one machine but for times, in its \
      order; run.json lists the parts.

      Refused (exit status 65), with the field and both values: other options, model, data, seed, version, precision or \
      instruction set; two different records of one image; a missing shard or image. Equal records of one image count \
      once. The run appears whole or not at all; an earlier merged run in --out is replaced, nothing else is.

      Examples:
        ndc merge shards/* --out merged
        ndc merge shards --out so-far --partial
      """)

  @Argument(help: ArgumentHelp("Run directories, or folders of them.", valueName: "dir"))
  var parts: [String]

  @Option(help: ArgumentHelp("The run directory to write.", valueName: "dir"))
  var out: String

  @Flag(help: "Merge what is there; run.json, report, compare and verify then say that the run is partial.")
  var partial = false

  @Flag(help: "Print one JSON object: the run directory, its summary, its parts and how many images are missing.")
  var json = false

  private struct Result: Encodable {
    var out: String
    var parts: Int
    var images: Int
    var missing: Int
    var summary: RunSummary
  }

  var files: FilePlan {
    get throws {
      var plan = FilePlan()
      for part in parts { plan.read(part) }
      plan.write(run: out, option: "--out")
      return plan
    }
  }

  func run() throws {
    // Refused before anything is read.
    if FileManager.default.fileExists(atPath: out) { try RunMerge.requireMerged(out) }
    var folders = parts.flatMap(RunStatus.expand)
    if partial {
      for path in folders where !Self.hasBegun(path) { Output.notice("\(path) holds no run yet") }
      folders = folders.filter(Self.hasBegun)
    }
    let merge = try RunMerge(folders, partial: partial)
    let summary = try merge.write(to: out)
    if json {
      try Output.json(
        Result(
          out: out, parts: folders.count, images: summary.images, missing: merge.missing, summary: summary))
    } else {
      Output.line(summary.table.trimmingCharacters(in: .newlines))
      Output.line("run directory: \(out), of \(folders.count) parts")
    }
    if merge.missing > 0 { Output.notice("partial: \(merge.missing) images are missing") }
  }

  private static func hasBegun(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path + "/run.json") }
}
