import ArgumentParser
import Foundation
import NoisedDiffusionClassifiers

struct VerifyCommand: AsyncParsableCommand, NamesFiles {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract: "Check a run directory: every bound, every file, and votes cast again.",
    discussion: """
      Believes nothing that can be computed again. Every record's bound and radius follow from its votes, at the run's \
      level, in full precision; every image of the run has one record, in order; certified.tsv and summary.json say what \
      the records say; the model and the data have the digests in run.json; labels are the data's. Then all votes of \
      some images, chosen at random, are cast again and must come out the same bit for bit. A record keeps its votes per \
      class, so an image's votes are confirmed together or not at all: --redraw counts images, and costs what \
      certifying them costs. Only --redraw all finds every forgery whose votes, bound, radius and table agree.

      Under an anytime rule a record also says which votes were against its class: where the bound was largest and where \
      counting ended are counted again, without casting a vote.

      On another instruction set, library or version than the run's, votes may legitimately differ. It says so, and by how \
      much the probability of a vote must differ too (error probability below 1e-6), if it must. How much another \
      processor may change it is not known, so that no difference convicts a run there.

      The model and the data are looked for where run.json says, relative paths from the current folder; --model and \
      --data name where they lie now.

      Exit status: 0 when everything was checked and holds; 65 when something does not hold, each with file, line, field, \
      what was expected and what was found; 69 when nothing contradicts the run but not all could be checked: the model \
      or the data are not found, or votes differ on another kind of processor.

      Examples:
        ndc verify runs/mnist-0.25
        ndc verify runs/mnist-0.25 --redraw all --threads 8
        ndc verify downloaded-run --model edm-cifar10.pkl --data cifar-10-batches-bin --redraw 5
      """)

  @Argument(help: ArgumentHelp("A run directory.", valueName: "run"))
  var run: String

  @Option(
    help: ArgumentHelp(
      "How many images, chosen at random, to cast all votes of again: a number, 0 for none, or all.", valueName: "n|all"
    ))
  var redraw = RedrawOption.some(1)

  @Option(
    help: ArgumentHelp(
      "Chooses the images to draw again. Default: one that nobody can foresee, printed.", valueName: "s"))
  var seed: UInt64?

  @Option(
    help: ArgumentHelp("Where the model lies now. Default: where run.json says.", valueName: "file"))
  var model: String?

  @Option(
    help: ArgumentHelp("Where the unconditional model lies now. Default: where run.json says.", valueName: "file"))
  var unconditionalModel: String?

  @Option(
    help: ArgumentHelp(
      "What the model's file does not say, where that lies now. Default: where run.json says.", valueName: "file|name"))
  var modelConfig: String?

  @Option(help: ArgumentHelp("The same for the unconditional model.", valueName: "file|name"))
  var unconditionalModelConfig: String?

  @Option(help: ArgumentHelp("Where the data lie now. Default: where run.json says.", valueName: "src"))
  var data: String?

  @Option(help: ArgumentHelp("How long to wait for a server that does not answer.", valueName: "seconds"))
  var patience = ServedSettings.defaultPatience

  @Option(help: ArgumentHelp("Worker threads. Default: one per processor.", valueName: "k"))
  var threads: Int?

  @Flag(help: "Print one JSON object: verdict, what was checked, and every failure.")
  var json = false

  mutating func validate() throws {
    if let threads, threads < 1 { throw ValidationError("--threads \(threads): must be at least 1") }
    if !(0...86400).contains(patience) { throw ValidationError("--patience \(patience): must be 0 to 86400 seconds") }
  }

  var files: FilePlan {
    get throws {
      var plan = FilePlan()
      plan.read(run: run)
      plan.read(model: model)
      plan.read(unconditionalModel)
      plan.read(description: modelConfig)
      plan.read(description: unconditionalModelConfig)
      plan.read(data: data)
      return plan
    }
  }

  func run() async throws {
    var verification = try RunVerification(path: run)
    let opened = open(&verification)
    let sources = opened?.sources(program: Version.program)
    verification.checkFiles(engine: sources?.engine)
    if let opened, let sources {
      try verification.checkSources(sources)
      try await redraw(&verification, opened)
    }
    let report = verification.report()
    if json {
      try Output.json(report)
    } else {
      Output.line(VerificationText(report).text)
    }
    switch report.verdict {
    case .holds: return
    case .unconfirmed:
      if let first = report.unchecked.first {
        throw Unchecked(description: "\(run): could not be checked: \(VerificationText.hinted(first))")
      }
      let error = InputError(
        "not confirmed: \(report.differing.count) of \(report.redrawn.count) images have other votes here, on another "
          + "kind of processor, library or version than the run's; nothing contradicts the run",
        file: run, expected: report.engineDifferences.map { "\($0.part) \($0.run)" }.joined(separator: ", "),
        found: report.engineDifferences.map(\.here).joined(separator: ", "))
      throw Unchecked(description: error.description)
    case .fails:
      throw InputError(
        "the run does not hold: \(report.failureCount) " + (report.failureCount == 1 ? "failure" : "failures"),
        file: run)
    }
  }

  /// The run's model and data; nil, and unchecked, where they cannot be opened.
  private func open(_ verification: inout RunVerification) -> RecordedRun? {
    do {
      return try RecordedRun(
        verification.manifest, model: try model.map(BundledModel.path(naming:)),
        unconditionalModel: try unconditionalModel.map(BundledModel.path(naming:)), configuration: modelConfig,
        unconditionalConfiguration: unconditionalModelConfig, data: data, patience: patience
      ) { Output.notice($0.description) }
    } catch let error as RecordedRun.Unusable where error.isAbsence {
      let second = unconditionalModel ?? verification.manifest.model.unconditionalSource
      let isSecond = second != nil && (error.cause as? InputError)?.file == second
      verification.addUnchecked(
        error.cause, file: error.source, field: isSecond ? "model.unconditionalSource" : error.field)
      if error.field != "data.source", data == nil, let missing = RecordedRun.missingData(verification.manifest) {
        verification.addUnchecked(missing, file: verification.manifest.data.source, field: "data.source")
      }
    } catch let error as RecordedRun.Unusable {
      verification.addFailure(error.cause, file: error.source, field: error.field)
    } catch {
      verification.addFailure(error, file: "run.json", field: "model")
    }
    return nil
  }

  private func redraw(_ verification: inout RunVerification, _ opened: RecordedRun) async throws {
    let choice: RunVerification.Redraw
    switch redraw {
    case .all: choice = .all
    case .some(0): return
    case .some(let count): choice = .some(count, seed: seed ?? SystemSeed.draw())
    }
    let executor: VoteExecutor
    do {
      executor = try opened.executor(
        verification.manifest, threads: threads ?? ProcessInfo.processInfo.activeProcessorCount)
    } catch {
      verification.addFailure(error, file: "run.json", field: "classifier.specification")
      return
    }
    if !verification.holds { Output.notice("something does not hold already; drawing votes again all the same") }
    try await verification.redraw(
      choice, executor: executor, images: opened.provider, progress: RunProgress())
  }
}

extension RecordedRun.Unusable {
  /// Whether the model or the data could not be had, rather than run.json asking for what cannot be.
  fileprivate var isAbsence: Bool {
    ["model.source", "data.source"].contains(field) && (cause is InputError || cause is ServerUnavailable)
  }
}

/// `--redraw`: all images or some.
enum RedrawOption: ExpressibleByArgument {
  case all
  case some(Int)

  init?(argument: String) {
    if argument == "all" {
      self = .all
    } else if let count = Int(argument), count >= 0 {
      self = .some(count)
    } else {
      return nil
    }
  }

  var defaultValueDescription: String {
    switch self {
    case .all: "all"
    case .some(let count): "\(count)"
    }
  }
}
