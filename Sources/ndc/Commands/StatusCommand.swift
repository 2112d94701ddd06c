import ArgumentParser
import NoisedDiffusionClassifiers

struct StatusCommand: ParsableCommand, NamesFiles {
  static let configuration = CommandConfiguration(
    commandName: "status",
    abstract: "How far runs and shards are: images done, running, missing.",
    discussion: """
      Images of a run that a process holds count as running, what nobody is at work on as missing. A folder that holds no \
      run stands for those right within it. Exit status 0 when all images of all runs named, and of all shards of their \
      wholes, are there; 1 otherwise.

      Example: ndc status shards
      """)

  @Argument(help: ArgumentHelp("Run directories, or folders of them.", valueName: "dir"))
  var runs: [String]

  @Flag(help: "Print one JSON object.")
  var json = false

  var files: FilePlan {
    get throws {
      var plan = FilePlan()
      for run in runs { plan.read(run) }
      return plan
    }
  }

  func run() throws {
    let status = try RunStatus(runs.flatMap(RunStatus.expand))
    if json { try Output.json(status) } else { printTable(status) }
    if !status.isComplete { throw ExitCode(1) }
  }

  private func printTable(_ status: RunStatus) {
    var rows = [["run", "shard", "images", "done", "running", "missing", ""]]
    for part in status.parts {
      let note = part.holder ?? (part.isBegun ? "" : "not begun")
      rows.append(
        [part.path, part.shard ?? "-", "\(part.images)", "\(part.done)", "\(part.running)", "\(part.missing)", note])
    }
    rows.append(
      ["all", "", "\(status.images)", "\(status.done)", "\(status.running)", "\(status.missing)", ""])
    let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    for row in rows {
      let cells = row.enumerated().map { column, cell in
        column < 2 || column == 6
          ? padded(cell, widths[column]) : String(repeating: " ", count: widths[column] - cell.count) + cell
      }
      Output.line(cells.joined(separator: "  ").trimmingCharacters(in: .whitespaces))
    }
    if !status.absentShards.isEmpty {
      let named = status.absentShards.prefix(20).joined(separator: ", ")
      Output.line("no folder holds shard \(named)" + (status.absentShards.count > 20 ? ", …" : ""))
    }
  }
}
