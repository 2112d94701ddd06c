import ArgumentParser
import Foundation
import NoisedDiffusionClassifiers

struct BenchmarkCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "benchmark",
    abstract: "How fast this machine evaluates a model and certifies images.",
    discussion: """
      Measures the ceiling of 3x3 convolutions in every precision; evaluations per second of the model, in every precision \
      and for several batch sizes, as a share of that ceiling; and the votes per second of both presets. Operations are those \
      of the network as it is described: a share above 100 % comes from convolutions done in forms with fewer products. \
      Figures are medians over rounds in which everything is measured in turn. Run it on an idle machine.

      Example: ndc benchmark --model edm-cifar10.safetensors --no-presets
      """)

  @Option(help: ArgumentHelp("A checkpoint. Default: the bundled MNIST model.", valueName: "file"))
  var model: String?

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

  @Option(help: ArgumentHelp("The smoothing noise of the presets, in pixels.", valueName: "sigma"))
  var sigma = 0.5

  @Option(help: ArgumentHelp("Images for the presets; the first is taken.", valueName: "src"))
  var data = "mnist"

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
  }

  func run() async throws {
    let source = try model ?? BundledResources.model()
    let checkpoint = try Checkpoint.load(path: source)
    let threads = threads ?? ProcessInfo.processInfo.activeProcessorCount
    var report = BenchmarkReport(model: source, digest: checkpoint.digest, threads: threads, rounds: rounds)

    var ceilings: [(Precision, ConvolutionCeiling.Shape)] = []
    var networks: [(UNetDenoiser, Int)] = []
    for precision in try chosenPrecisions(checkpoint) {
      ceilings += ConvolutionCeiling.shapes.map { (precision, $0) }
      let network = try UNetDenoiser(checkpoint, precision: precision)
      networks += batch.map { (network, $0) }
    }
    var ceilingRates = ceilings.map { _ in [Double]() }
    var networkRates = networks.map { _ in [Double]() }
    for round in 1...rounds {
      Output.notice("round \(round) of \(rounds)")
      for (place, (precision, shape)) in ceilings.enumerated() {
        ceilingRates[place].append(
          try await Throughput.measure(threads: threads, seconds: seconds) {
            try ConvolutionCeiling(shape, precision: precision)
          } work: {
            try $0.run()
          })
      }
      for (place, (network, batch)) in networks.enumerated() {
        networkRates[place].append(try await evaluationRate(network, batch: batch, threads: threads))
      }
    }
    for ((precision, shape), rates) in zip(ceilings, ceilingRates) {
      let rate = Throughput.median(rates)
      if rate > report.ceilings[precision.rawValue]?.operationsPerSecond ?? 0 {
        report.ceilings[precision.rawValue] = .init(operationsPerSecond: rate, shape: shape.description)
      }
    }
    for ((network, batch), rates) in zip(networks, networkRates) {
      report.addNetwork(network, batch: batch, rates: rates)
    }
    if steps {
      for network in networks.map(\.0) where report.profiles[network.precision.rawValue] == nil {
        report.addProfile(try StepProfile(network, runs: 50), of: network)
      }
    }
    if presets { try await measurePresets(&report, checkpoint, threads: threads) }
    report.peakMemoryBytes = BenchmarkReport.peakMemory()
    if json { try Output.json(report) } else { Output.line(report.table) }
  }

  private func chosenPrecisions(_ checkpoint: Checkpoint) throws -> [Precision] {
    if !precisions.isEmpty {
      for precision in precisions where precision.availableHere != precision {
        throw UsageError("--precisions \(precision.rawValue): this processor has no instructions for it")
      }
      return precisions
    }
    return Precision.allCases.filter {
      $0.availableHere == $0 && ($0 != .int8 || checkpoint.quantization != nil)
    }
  }

  private func evaluationRate(_ network: UNetDenoiser, batch: Int, threads: Int) async throws -> Double {
    let size = network.imageShape.count
    let classes = network.classCount
    return try await Throughput.measure(threads: threads, seconds: seconds) {
      (evaluator: try network.makeEvaluator(), input: [Float](repeating: 0.25, count: batch * size))
    } work: { state in
      var output = [Float](repeating: 0, count: batch * size)
      let queries = (0..<batch).map {
        DenoiserQuery(noise: ModelNoise(2), label: classes == 0 ? nil : $0 % classes)
      }
      try state.input.withUnsafeBufferPointer { input in
        try output.withUnsafeMutableBufferPointer {
          try state.evaluator.denoise(queries, inputs: input, outputs: $0)
        }
      }
      return batch
    }
  }

  /// Votes on one image as each preset casts them.
  private func measurePresets(_ report: inout BenchmarkReport, _ checkpoint: Checkpoint, threads: Int) async throws {
    guard checkpoint.architecture.labelDimension > 1 else {
      Output.notice("the model has no classes: no presets to measure")
      return
    }
    for preset in Preset.allCases {
      var choice = ClassifierChoice()
      choice.preset = preset
      choice.sigma = sigma
      try choice.validate()
      let model = try DiffusionModel.open(ModelReference(report.model), choosing: choice.precision)
      let specification = try choice.specification(for: model) { Output.notice($0.description) }
      let image: LabeledImage
      do {
        let images = try AdaptedImageSet(
          try DataSource.open(data, resources: BundledResources.folder), to: model.imageShape)
        try images.requireLabels(below: model.classCount)
        guard images.count > 0 else { throw InputError("there are no images", file: data) }
        image = try images.image(at: 0)
      } catch let error as InputError {
        Output.notice("no presets measured, the images do not suit the model: \(error)")
        return
      }
      let executor = try VoteExecutor(
        base: model.classifier(specification), sigma: PixelNoise(sigma), threads: threads)
      let clock = ContinuousClock()
      let start = clock.now
      var votes: [Vote] = []
      let chunk = preset == .paper ? threads : 8 * threads
      repeat {
        let first = votes.count
        votes += try await executor.votes(
          (first..<first + chunk).map {
            VoteRequest(
              pixels: image.pixels,
              key: VoteKey(seed: QuickDefaults.seed, image: 0, vote: UInt32($0), purpose: .evaluation))
          })
      } while (clock.now - start) / .seconds(1) < 4 * seconds
      let elapsed = (clock.now - start) / .seconds(1)
      report.presets[preset.rawValue] = .init(
        votes: votes.count, evaluations: votes.reduce(0) { $0 + $1.evaluations }, seconds: elapsed)
    }
  }
}
