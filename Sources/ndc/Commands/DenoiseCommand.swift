import ArgumentParser
import Foundation
import NoisedDiffusionClassifiers

struct DenoiseCommand: AsyncParsableCommand, NamesFiles {
  static let configuration = CommandConfiguration(
    commandName: "denoise",
    abstract: "Run the denoiser on arrays: D(x; sigma, label).",
    discussion: """
      x and the result are float32 N x C x H x W in model space (images span [-1, 1]); sigma has N noise levels in the \
      same space; labels, when given, are N integers. Without labels the unconditional denoiser runs.
      """)

  @OptionGroup var model: ModelOptions

  @Option(name: .customLong("x"), help: ArgumentHelp("Noisy images, float32 N x C x H x W.", valueName: "x.npy"))
  var input: String

  @Option(help: ArgumentHelp("N noise levels, any float type.", valueName: "sigma.npy"))
  var sigma: String

  @Option(help: ArgumentHelp("N class labels, int64.", valueName: "labels.npy"))
  var labels: String?

  @Option(help: ArgumentHelp("Where the result goes, float32 N x C x H x W.", valueName: "denoised.npy"))
  var out: String

  @Flag(help: "Print counts and times as JSON.")
  var json = false

  private struct Result: Encodable {
    var evaluations: Int
    var seconds: Double
    var evaluationsPerSecond: Double
    var loadSeconds: Double
    var precision: String
    var threads: Int
    var out: String
  }

  var files: FilePlan {
    get throws {
      var plan = FilePlan()
      try plan.read(model)
      for array in [input, sigma, labels] { plan.read(array) }
      plan.write(out, .array, option: "--out")
      return plan
    }
  }

  func run() async throws {
    let start = ContinuousClock.now
    let loaded = try model.open()
    let loadSeconds = start.duration(to: .now) / .seconds(1)
    let (images, queries) = try readBatch(loaded)
    let threads = model.workers(for: loaded)
    // Workers are made before the clock starts: their memory is part of loading, not of the network's speed.
    let pool = try await EvaluatorPool(loaded.denoiser, threads: threads)
    let begin = ContinuousClock.now
    let denoised = try await RunProgress().follow(evaluations: queries.count) {
      try await pool.denoise(queries, images: images)
    }
    let seconds = begin.duration(to: .now) / .seconds(1)
    try NumPyArray(shape: [queries.count] + shape(loaded), denoised).write(to: out)
    if json {
      try Output.json(
        Result(
          evaluations: queries.count, seconds: seconds,
          evaluationsPerSecond: seconds > 0 ? Double(queries.count) / seconds : 0, loadSeconds: loadSeconds,
          precision: loaded.precision.rawValue, threads: threads, out: out))
    } else {
      Output.line("denoised \(queries.count) images in \(fixed(seconds, 2)) s: \(out)")
    }
  }

  private func shape(_ loaded: DiffusionModel) -> [Int] {
    let shape = loaded.denoiser.imageShape
    return [shape.channels, shape.height, shape.width]
  }

  private func readBatch(_ loaded: DiffusionModel) throws -> ([Float], [DenoiserQuery]) {
    let images = try ArrayInput.images(input, shape: loaded.denoiser.imageShape)
    let count = images.count / loaded.denoiser.imageShape.count
    let levels = try ArrayInput.noiseLevels(sigma, count: count)
    let classes = try labels.map {
      try ArrayInput.labels($0, count: count, classCount: loaded.denoiser.classCount)
    }
    if let notice = loaded.notice(ofLevels: levels) { Output.notice(notice.description) }
    if classes == nil, !loaded.denoiser.isUnconditionalAvailable {
      throw InputError(
        "the model always needs a label: give --labels, --unconditional-model, or \"zero_label\": true in its description",
        file: loaded.source)
    }
    return (
      images, (0..<count).map { DenoiserQuery(noise: ModelNoise(levels[$0]), label: classes?[$0]) }
    )
  }
}
