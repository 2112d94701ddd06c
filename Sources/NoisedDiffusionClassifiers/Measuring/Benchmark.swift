import Basics
import Certification
import Checkpoints
import Diffusion
import Foundation
import Models
import Runs
import UNets

/// How fast this machine evaluates a model and certifies images; medians over rounds in which everything is measured in
/// turn, the network first.
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
    /// Of all of them: half for the network, half for each preset. What would take longer is left out, the network's
    /// first measurement excepted.
    public var mostSeconds = 120.0
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
    /// How the preset fast finds its precision.
    public var precisionSearch = PrecisionSearch.listed

    public init() {}
  }

  /// What happens meanwhile.
  public enum Notice: Sendable, CustomStringConvertible {
    case round(Int, of: Int)
    /// The first measurement of a precision.
    case rate(Precision, batch: Int, evaluationsPerSecond: Double)
    case leftOut(BenchmarkReport.LeftOut)
    case choice(ClassifierChoice.Notice)

    public var description: String {
      switch self {
      case .round(let round, let rounds): "round \(round) of \(rounds)"
      case .rate(let precision, let batch, let rate):
        "\(precision.rawValue), \(batch) at once: \(BenchmarkReport.text(rate: rate)) evaluations/s"
      case .leftOut(let part): "not measured: \(part.what): \(part.reason)"
      case .choice(let notice): notice.description
      }
    }
  }

  private static let runsPerStep = 50

  public let path: String
  public let plan: Plan
  private let resources: URL?
  private let checkpoint: Checkpoint
  private let configuration: String?

  /// - Parameters:
  ///   - path: a checkpoint.
  ///   - resources: the folder that holds the bundled data.
  /// - Throws: `InputError` naming the file and what is wrong in it.
  ///   - configuration: what the file does not say: a JSON file, or the name of a published model.
  public init(
    _ path: String, _ plan: Plan = Plan(), configuration: String? = nil, resources: URL? = BundledResources.folder
  ) throws {
    self.configuration = configuration
    self.path = path
    self.plan = plan
    self.resources = resources
    checkpoint = try Checkpoint.load(path: path, description: configuration.map { try ModelDescription($0) })
  }

  /// - Parameter onMeasured: called with the report so far whenever something has been measured: what an interrupted
  ///   benchmark has to show.
  /// - Throws: `UsageError` for a precision that the processor lacks and for classes that the model does not have;
  ///   `InputError` where the model has no ranges for it; `CancellationError`.
  public func callAsFunction(
    notice: (Notice) -> Void = { _ in }, onMeasured: (BenchmarkReport) -> Void = { _ in }
  ) async throws -> BenchmarkReport {
    var measuring = NetworkMeasuring(
      checkpoint, plan, BenchmarkReport(model: path, digest: checkpoint.digest, threads: plan.threads))
    try await measuring.measure(try chosenPrecisions(), notice: notice, onMeasured: onMeasured)
    var report = measuring.report
    if plan.listsSteps {
      for network in measuring.networks {
        let rate = report.rate(in: network.precision) / Double(plan.threads * network.preferredBatchSize)
        let runs = Int(max(1, min(Double(Self.runsPerStep), plan.mostSeconds / 2 * rate)))
        report.addProfile(try await leavingInTime { try StepProfile(network, runs: runs) }, of: network)
      }
    }
    try await measurePresets(&report, notice, onMeasured)
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

  /// Votes on one image as each preset casts them.
  private func measurePresets(
    _ report: inout BenchmarkReport, _ notice: (Notice) -> Void, _ onMeasured: (BenchmarkReport) -> Void
  ) async throws {
    func leaveOut(_ preset: Preset, _ reason: String) {
      let part = BenchmarkReport.LeftOut(what: "preset \(preset.rawValue)", reason: reason)
      report.leftOut.append(part)
      notice(.leftOut(part))
    }
    for preset in plan.presets {
      guard checkpoint.architecture.labelDimension > 1 else {
        leaveOut(preset, "the model has no classes")
        continue
      }
      var choice = ClassifierChoice()
      choice.preset = preset
      choice.sigma = plan.sigma
      try choice.validate()
      let model = try await leavingInTime {
        [path, configuration, resources, precision = choice.precision, search = plan.precisionSearch] in
        var reference = ModelReference(path)
        reference.configuration = configuration
        return try DiffusionModel.open(reference, choosing: precision, by: search, resources: resources)
      }
      choice.classes = try plan.classes.map { try model.classes($0) }
      let work: Workload
      do {
        work = try Workload(model, try choice.chosen(for: model) { notice(.choice($0)) })
      } catch let error as InputError where !model.denoiser.isUnconditionalAvailable {
        leaveOut(preset, "\(error)")
        continue
      }
      let images: WorkImages
      do {
        images = try WorkImages(plan.data, for: model, resources: resources) {
          ImageSelection(count: nil, most: 1, of: $0)
        }
      } catch let error as InputError {
        leaveOut(preset, "the images do not suit the model: \(error)")
        continue
      }
      let most = try work.evaluationsPerVote()
      let rate = report.rate(in: model.precision)
      let each = (work.typicalEvaluations ?? Double(most)) / rate
      guard each <= plan.mostSeconds / 2 else {
        leaveOut(
          preset,
          "a vote takes \(work.typicalEvaluations == nil ? "up to \(most)" : BenchmarkReport.text(rate: each * rate)) "
            + "evaluations, \(DecimalText.shortClock(each)) at \(BenchmarkReport.text(rate: rate)) evaluations/s")
        continue
      }
      let votes = Int(max(1, min(4 * plan.seconds / each, Double(8 * plan.threads))))
      let image = try images.provider(images.indices[0])
      report.addPreset(preset, try await measure(work, pixels: image.pixels, votes: votes))
      onMeasured(report)
    }
  }

  /// - Parameter votes: cast at once.
  private func measure(_ work: Workload, pixels: [Float], votes count: Int) async throws -> BenchmarkReport.PresetRate {
    let executor = try VoteExecutor(base: work.classifier, sigma: PixelNoise(plan.sigma), threads: plan.threads)
    let clock = ContinuousClock()
    let start = clock.now
    var votes: [Vote] = []
    repeat {
      let first = votes.count
      votes += try await executor.votes(
        (first..<first + count).map {
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
