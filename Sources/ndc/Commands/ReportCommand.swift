import ArgumentParser
import Foundation
import NoisedDiffusionClassifiers
import Reports

struct ReportCommand: AsyncParsableCommand, NamesFiles {
  static let configuration = CommandConfiguration(
    commandName: "report",
    abstract: "Curves, tables and pictures of one or several runs.",
    discussion: """
      Takes run directories and tables of other tools (idx label predict radius correct time, and known variants). The \
      HTML page is one file that loads nothing. Accuracies and radii are rounded down. Runs that differ in sigma alone, or \
      that --name calls the same, are also shown as best over sigma, for display only; those of one sigma that share no \
      image are parts of one run, and are put together. No file is replaced that is not such an output itself.

      Examples:
        ndc report runs/mnist-0.25 --out report.html
        ndc report runs/a runs/b --out report.html --svg curve.svg --latex table.tex --radii 0.25 0.5 1
        ndc report noise_0.25.tsv noise_0.5.tsv --name Cohen Cohen --markdown table.md
      """)

  @Argument(help: ArgumentHelp("Run directories or tables.", valueName: "run|tsv"))
  var runs: [String]

  @Option(help: ArgumentHelp("The page to write.", valueName: "report.html"))
  var out: String?

  @Option(help: ArgumentHelp("The curve alone, as an SVG picture.", valueName: "file"))
  var svg: String?

  @Option(help: ArgumentHelp("Every step of every curve with its intervals, as CSV.", valueName: "file"))
  var csv: String?

  @Option(help: ArgumentHelp("The table alone, in Markdown.", valueName: "file"))
  var markdown: String?

  @Option(help: ArgumentHelp("The table alone, in LaTeX with booktabs.", valueName: "file"))
  var latex: String?

  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp("Radii of the tables, in pixels. Default: 0.25, 0.5, 0.75 and 1.", valueName: "r"))
  var radii: [Double] = []

  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp("What to call each run; runs of one name are one method at several sigma.", valueName: "name"))
  var name: [String] = []

  @Option(
    help: ArgumentHelp(
      "Published results to draw beside the runs, such as Docs/published-results.json.", valueName: "file"))
  var published: String?

  @Option(help: ArgumentHelp("The confidence of bands and intervals.", valueName: "c"))
  var confidence = 0.95

  @Option(help: ArgumentHelp("Images of each kind (hardest, easiest) in the gallery; 0 for none.", valueName: "n"))
  var gallery = 3

  @Flag(help: "Show wrong and abstained images first in the gallery.")
  var wrongFirst = false

  @Option(help: ArgumentHelp("Worker threads for the gallery. Default: one per processor.", valueName: "k"))
  var threads: Int?

  @Flag(help: "Print the report's numbers as one JSON object.")
  var json = false

  mutating func validate() throws {
    if runs.isEmpty { throw ValidationError("name at least one run or table") }
    if out == nil, svg == nil, csv == nil, markdown == nil, latex == nil, !json {
      throw ValidationError("nothing to write: give --out, --svg, --csv, --markdown, --latex or --json")
    }
    if !name.isEmpty, name.count != runs.count {
      throw ValidationError("--name takes one name for each of the \(runs.count) runs; found \(name.count)")
    }
    if let wrong = radii.first(where: { !($0.isFinite && $0 >= 0) }) {
      throw ValidationError("--radii \(wrong): must be a finite number, not negative")
    }
    if !(confidence >= 0.5 && confidence < 1) {
      throw ValidationError("--confidence \(confidence): must be at least 0.5 and below 1")
    }
    if !(0...1000).contains(gallery) { throw ValidationError("--gallery \(gallery): must lie between 0 and 1000") }
    if let threads, threads < 1 { throw ValidationError("--threads \(threads): must be at least 1") }
  }

  var files: FilePlan {
    get throws {
      var plan = FilePlan()
      for run in runs { plan.read(run: run) }
      plan.read(published)
      plan.write(out, .page, option: "--out")
      plan.write(svg, .drawing, option: "--svg")
      plan.write(csv, .curves, option: "--csv")
      plan.write(markdown, .markdownTable, option: "--markdown")
      plan.write(latex, .latexTable, option: "--latex")
      return plan
    }
  }

  func run() async throws {
    var results: [ReportedRun] = []
    for (position, path) in runs.enumerated() {
      results.append(try ReportedRun.read(path, name: name.isEmpty ? nil : name[position]))
    }
    results = PooledRuns(results).runs
    ReportedRun.distinguish(&results)
    for run in results { for note in run.notes { Output.notice("\(run.name): \(note)") } }
    let others = try published.map { try PublishedResult.read($0) } ?? []
    let shown = radii.isEmpty ? [0.25, 0.5, 0.75, 1.0] : Set(radii).sorted()

    var galleries: [Int: HTMLReport.Gallery] = [:]
    if out != nil {
      let workers = threads ?? ProcessInfo.processInfo.activeProcessorCount
      for position in results.indices where results[position].origin != nil {
        let parts = results[position].parts
        let manifests = parts.compactMap { try? RunDirectory.readManifest($0) }
        if let first = manifests.first, first.pictures == nil, let names = first.data.openedClassNames() {
          results[position].classNames = names
        }
        // Votes are shown by one manifest: it must be every part's. One that cannot be read is the reason given.
        let isOne =
          manifests.count == parts.count && Set(manifests.map(\.smoothing)).count == 1
          && Set(manifests.map(\.model)).count == 1 && Set(manifests.map(\.data)).count == 1
        guard parts.count == 1 || isOne, let folder = parts.first else { continue }
        guard gallery > 0 else { continue }
        galleries[position] = try await HTMLReport.Gallery(
          results[position], in: folder,
          selection: GallerySelection(results[position], count: gallery, wrongFirst: wrongFirst), threads: workers)
      }
    }
    let report = HTMLReport(
      runs: results, published: others, radii: shown, confidence: confidence, galleries: galleries,
      program: Version.text)
    try write(report)
    if json { try Output.json(ReportSummary(report)) }
  }

  private func write(_ report: HTMLReport) throws {
    func save(_ path: String?, _ text: () -> String) throws {
      guard let path else { return }
      try AtomicFile.write(Array(text().utf8), to: path)
      Output.notice("wrote \(path)")
    }
    try save(out) { report.html() }
    try save(svg) { report.chart.svg(standalone: true).text }
    try save(csv) { CurveCSV(runs: report.runs, radii: report.radii, confidence: confidence).text() }
    try save(markdown) { report.tables.certified().markdown() }
    try save(latex) { report.tables.certified().latex() }
    for warning in report.warnings { Output.notice(warning) }
  }
}
