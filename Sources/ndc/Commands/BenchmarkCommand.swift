import ArgumentParser
import Foundation
import NoisedDiffusionClassifiers

struct BenchmarkCommand: AsyncParsableCommand, NamesFiles {
  static let configuration = CommandConfiguration(
    commandName: "benchmark",
    abstract: "How fast this machine evaluates a model and certifies images.",
    discussion: """
      Measures evaluations per second of the model, in every precision and for several batch sizes, as a share of the \
      ceiling of 3x3 convolutions; and the votes per second of both presets. The model's rate comes first, and what does not \
      fit in --limit is left out and named. Operations are those \
      of the network as it is described: a share above 100 % comes from convolutions done in forms with fewer products. \
      Figures are medians over rounds in which everything is measured in turn. Run it on an idle machine.

      Example: ndc benchmark --model edm-cifar10.safetensors --no-presets
      """)

  @Option(
    help: ArgumentHelp(
      "A checkpoint, or a bundled model: mnist, cifar10.", discussion: ModelOptions.modelByData, valueName: "model"))
  var model: String?

  @OptionGroup var description: DescriptionOptions

  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp("Default: those that the machine and the model have.", valueName: "precision"))
  var precisions: [Precision] = []

  @Option(parsing: .upToNextOption, help: ArgumentHelp("Evaluations that a worker is given at once.", valueName: "n"))
  var batch: [Int] = [1, 4, 16]

  @Option(help: ArgumentHelp("Worker threads. Default: one per processor.", valueName: "k"))
  var threads: Int?

  @Option(help: ArgumentHelp("Time of one measurement.", valueName: "s"))
  var seconds = 0.5

  @Option(help: ArgumentHelp("Rounds; medians over them are printed.", valueName: "n"))
  var rounds = 3

  @Option(
    help: ArgumentHelp(
      "Time for everything: half of it for the network, half for each preset; what would take longer is left out.",
      valueName: "s"))
  var limit = 120.0

  @Option(help: ArgumentHelp("The smoothing noise of the presets, in pixels.", valueName: "sigma"))
  var sigma = 0.5

  @Option(help: ArgumentHelp("Images for the presets; the first is taken.", valueName: "src"))
  var data = "mnist"

  @OptionGroup var classes: ClassOptions

  @Flag(inversion: .prefixedNo, help: "Measure the presets' votes too.")
  var presets = true

  @Flag(help: "List the time of every step of the network too, on one thread.")
  var steps = false

  @Flag(help: "Print one JSON object.")
  var json = false

  mutating func validate() throws {
    if let wrong = (batch + [rounds, threads ?? 1]).first(where: { $0 < 1 }) {
      throw ValidationError("\(wrong): --batch, --rounds and --threads are at least 1")
    }
    if !(seconds.isFinite && seconds > 0) { throw ValidationError("--seconds \(seconds): must be above 0") }
    if !(limit.isFinite && limit > 0) { throw ValidationError("--limit \(limit): must be above 0") }
  }

  var files: FilePlan {
    get throws {
      var plan = FilePlan()
      plan.read(classes.among)
      plan.read(model: model)
      plan.read(description: description.modelConfig)
      plan.read(data: data)
      return plan
    }
  }

  func run() async throws {
    var plan = Benchmark.Plan()
    plan.precisions = precisions
    plan.precisionSearch = .ofUser(mayMeasure: false)
    plan.batches = batch
    plan.threads = threads ?? plan.threads
    plan.seconds = seconds
    plan.rounds = rounds
    plan.mostSeconds = limit
    plan.listsSteps = steps
    plan.presets = presets ? Preset.allCases : []
    plan.sigma = sigma
    plan.data = data
    plan.classes = try classes.list()
    let benchmark = try Benchmark(
      BundledModel.path(naming: model ?? BundledModel(forData: data).rawValue), plan,
      configuration: description.modelConfig)
    var latest: BenchmarkReport?
    Interruption.keepWork()
    do {
      try show(
        try await benchmark {
          Output.notice($0.description)
        } onMeasured: {
          latest = $0
        })
    } catch is CancellationError {
      if let latest { try show(latest) }
      throw CancellationError()
    }
  }

  private func show(_ report: BenchmarkReport) throws {
    if json { try Output.json(report) } else { Output.line(report.table) }
  }
}
