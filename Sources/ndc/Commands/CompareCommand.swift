import ArgumentParser
import NoisedDiffusionClassifiers
import Reports

struct CompareCommand: ParsableCommand, NamesFiles {
  static let configuration = CommandConfiguration(
    commandName: "compare",
    abstract: "Compare two runs on the same images.",
    discussion: """
      McNemar's exact test of which images are certified at a radius, the paired difference of radii with a bootstrap \
      interval, and ratios of evaluations and time. Runs on different images are refused (exit status 65) unless --common \
      compares those that both have; those whose radii do not mean the same (another alpha, another unit of sigma) only \
      compare with --anyway.

      Example: ndc compare runs/baseline runs/candidate --radius 0.25 0.5
      """)

  @Argument(help: ArgumentHelp("A run directory or a table of another tool.", valueName: "a"))
  var a: String

  @Argument(help: ArgumentHelp("The run to hold against it.", valueName: "b"))
  var b: String

  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp("Radii in pixels. Default: 0, 0.25, 0.5, 0.75 and 1.", valueName: "r"))
  var radius: [Double] = []

  @Flag(help: "Compare the images that both runs have, and leave out the others.")
  var common = false

  @Flag(help: "Compare although the radii do not mean the same; the reasons stay in the output.")
  var anyway = false

  @Flag(help: "Print one JSON object.")
  var json = false

  mutating func validate() throws {
    if let wrong = radius.first(where: { !($0.isFinite && $0 >= 0) }) {
      throw ValidationError("--radius \(wrong): must be a finite number, not negative")
    }
  }

  private struct Refusal: Encodable {
    var comparable = false
    var comparability: Comparability
  }

  var files: FilePlan {
    get throws {
      var plan = FilePlan()
      plan.read(run: a)
      plan.read(run: b)
      return plan
    }
  }

  func run() throws {
    let radii = radius.isEmpty ? RunSummary.radii : Set(radius).sorted()
    var runs = [try ReportedRun.read(a), try ReportedRun.read(b)]
    ReportedRun.distinguish(&runs)
    do {
      let comparison = try RunComparison(runs[0], runs[1], radii: radii, anyway: anyway, common: common)
      if json {
        try Output.json(comparison)
      } else {
        Output.line(comparison.table.trimmingNewlines)
      }
    } catch let error as RunComparison.NotComparable {
      if json { try Output.json(Refusal(comparability: error.comparability)) }
      throw InputError(
        error.description, file: "\(a) and \(b)",
        expected: expectation(error.comparability))
    }
  }
}

extension CompareCommand {
  /// What would have compared.
  private func expectation(_ comparability: Comparability) -> String {
    guard !comparability.mismatches.isEmpty else { return "comparable runs, or --anyway" }
    guard comparability.mismatches.count == 1, !common, let images = comparability.commonImages, images > 0 else {
      return "the same images"
    }
    return "the same images, or --common for the \(images) that both have"
  }
}

extension String {
  /// Without newlines at its end.
  fileprivate var trimmingNewlines: String {
    var text = self[...]
    while text.last == "\n" { text.removeLast() }
    return String(text)
  }
}
