import Basics
import Certification
import Checkpoints
import Diffusion
import Foundation
import Models
import Runs
import UNets

/// How fast this machine evaluates a model and certifies images; medians over rounds in which everything is measured in
/// turn.
public struct Benchmark: Sendable {
  /// What is measured, and how long.
  public struct Plan: Sendable {
    /// Empty for those that the machine and the model have.
    public var precisions: [Precision] = []
    /// Evaluations that a worker is given at once.
    public var batches = [1, 4, 16]
    public var threads = ProcessInfo.processInfo.activeProcessorCount
    /// Of one measurement.
    public var seconds = 0.5
    public var rounds = 3
    /// Whether the time of every step of the network is listed, on one thread.
    public var listsSteps = false
    public var presets = Preset.allCases
    /// The smoothing noise of the presets, in pixels.
    public var sigma = 0.5
    /// The data set whose first image the presets' votes are cast on.
    public var data = "mnist"
    /// The classes that the presets choose from; nil for all that the model has.
    public var classes: ClassList?

    public init() {}
  }

  /// What happens meanwhile.
  public enum Notice: Sendable, CustomStringConvertible {
    case round(Int, of: Int)
    case withoutClasses
    case unsuitableImages(InputError)
    case choice(ClassifierChoice.Notice)

    public var description: String {
      switch self {
      case .round(let round, let rounds): "round \(round) of \(rounds)"
      case .withoutClasses: "the model has no classes: no presets to measure"
      case .unsuitableImages(let error): "no presets measured, the images do not suit the model: \(error)"
      case .choice(let notice): notice.description
      }
    }
  }

  private static let runsPerStep = 50

  public let path: String
  public let plan: Plan
  private let resources: URL?
  private let checkpoint: Checkpoint

  /// - Parameters:
  ///   - path: a checkpoint.
  ///   - resources: the folder that holds the bundled data.
  /// - Throws: `InputError` naming the file and what is wrong in it.
  public init(_ path: String, _ plan: Plan = Plan(), resources: URL? = BundledResources.folder) throws {
    self.path = path
    self.plan = plan
    self.resources = resources
    checkpoint = try Checkpoint.load(path: path)
  }

  /// - Throws: `UsageError` for a precision that the processor lacks and for classes that the model does not have; `InputError` where the model has no ranges for it.
  public func callAsFunction(notice: (Notice) -> Void = { _ in }) async throws -> BenchmarkReport {
    var report = BenchmarkReport(model: path, digest: checkpoint.digest, threads: plan.threads, rounds: plan.rounds)
    var ceilings: [(Precision, ConvolutionCeiling.Shape)] = []
    var networks: [(UNetDenoiser, Int)] = []
    for precision in try chosenPrecisions() {
      ceilings += ConvolutionCeiling.shapes.map { (precision, $0) }
      let network = try UNetDenoiser(checkpoint, precision: precision)
      networks += plan.batches.map { (network, $0) }
    }
    var ceilingRates = ceilings.map { _ in [Double]() }
    var networkRates = networks.map { _ in [Double]() }
    for round in 1...plan.rounds {
      notice(.round(round, of: plan.rounds))
      for (place, (precision, shape)) in ceilings.enumerated() {
        ceilingRates[place].append(
          try await Throughput.measure(threads: plan.threads, seconds: plan.seconds) {
            try ConvolutionCeiling(shape, precision: precision)
          } work: {
            try $0.run()
          })
      }
      for (place, (network, batch)) in networks.enumerated() {
        networkRates[place].append(try await evaluationRate(network, batch: batch))
      }
    }
    for ((precision, shape), rates) in zip(ceilings, ceilingRates) {
      report.addCeiling(precision, shape, rates: rates)
    }
    for ((network, batch), rates) in zip(networks, networkRates) {
      report.addNetwork(network, batch: batch, rates: rates)
    }
    if plan.listsSteps {
      for network in networks.map(\.0) where report.profiles[network.precision.rawValue] == nil {
        report.addProfile(try StepProfile(network, runs: Self.runsPerStep), of: network)
      }
    }
    try await measurePresets(&report, notice)
    report.peakMemoryBytes = BenchmarkReport.peakMemory()
    return report
  }

  private func chosenPrecisions() throws -> [Precision] {
    if let absent = plan.precisions.first(where: { $0.availableHere != $0 }) {
      throw UsageError(
        "\(.precisions) \(absent.rawValue): this processor has no instructions for it")
    }
    return plan.precisions.isEmpty ? Precision.available(for: checkpoint) : plan.precisions
  }

  private func evaluationRate(_ network: UNetDenoiser, batch: Int) async throws -> Double {
    let size = network.imageShape.count
    let classes = network.classCount
    return try await Throughput.measure(threads: plan.threads, seconds: plan.seconds) {
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
  private func measurePresets(_ report: inout BenchmarkReport, _ notice: (Notice) -> Void) async throws {
    guard !plan.presets.isEmpty else { return }
    guard checkpoint.architecture.labelDimension > 1 else { return notice(.withoutClasses) }
    for preset in plan.presets {
      var choice = ClassifierChoice()
      choice.preset = preset
      choice.sigma = plan.sigma
      try choice.validate()
      let model = try DiffusionModel.open(ModelReference(path), choosing: choice.precision, resources: resources)
      choice.classes = try plan.classes.map { try model.classes($0) }
      let work = try Workload(model, try choice.chosen(for: model) { notice(.choice($0)) })
      let images: WorkImages
      do {
        images = try WorkImages(plan.data, for: model, resources: resources) {
          ImageSelection(count: nil, most: 1, of: $0)
        }
      } catch let error as InputError {
        return notice(.unsuitableImages(error))
      }
      let image = try images.provider(images.indices[0])
      report.addPreset(preset, try await rate(preset, work, pixels: image.pixels))
    }
  }

  private func rate(_ preset: Preset, _ work: Workload, pixels: [Float]) async throws -> BenchmarkReport.PresetRate {
    let executor = try VoteExecutor(base: work.classifier, sigma: PixelNoise(plan.sigma), threads: plan.threads)
    let clock = ContinuousClock()
    let start = clock.now
    var votes: [Vote] = []
    let chunk = preset == .paper ? plan.threads : 8 * plan.threads
    repeat {
      let first = votes.count
      votes += try await executor.votes(
        (first..<first + chunk).map {
          VoteRequest(
            pixels: pixels,
            key: VoteKey(seed: QuickDefaults.seed, image: 0, vote: UInt32($0), purpose: .evaluation))
        })
    } while (clock.now - start) / .seconds(1) < 4 * plan.seconds
    return BenchmarkReport.PresetRate(
      votes: votes.count, evaluations: votes.reduce(0) { $0 + $1.evaluations },
      seconds: (clock.now - start) / .seconds(1))
  }
}
