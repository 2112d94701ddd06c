import ArgumentParser
import Foundation
import NoisedDiffusionClassifiers

struct QuantizeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "quantize",
    abstract: "Measure on images what --precision int8 needs to know, and store it with the model.",
    discussion: """
      The network runs in fp32 on noisy images of SRC, with their classes, other classes and none; the range of what goes \
      into each convolution of its blocks is recorded. OUT holds the same weights with those ranges in its metadata: it \
      runs in any precision, and --precision int8 computes those convolutions in 8 bits. The first and last convolutions, \
      the embeddings, the skip paths and the attention's products stay in bf16 or fp32.

      Give training images: ranges from test images would flatter the accuracy measured on them.

      Example: ndc quantize edm.pkl edm-int8.safetensors --calibration cifar10-train:DIR
      """)

  @Argument(help: ArgumentHelp("An EDM .pkl or a .safetensors file written by ndc.", valueName: "model"))
  var model: String

  @Argument(help: ArgumentHelp("The .safetensors file to write.", valueName: "out"))
  var output: String

  @Option(help: ArgumentHelp("Training images: whatever --data of the other commands takes.", valueName: "src"))
  var calibration: String

  @Option(help: ArgumentHelp("How many of them, drawn at random.", valueName: "n"))
  var images = 32

  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp("Noise levels in model space; each image is seen at each.", valueName: "s"))
  var levels: [Double] = [0.5, 1, 1.5, 2, 3, 4, 6, 10]

  @Option(
    help: ArgumentHelp(
      "How a range follows from the values: least-squares, percentile (0.01 % off either end) or full.",
      valueName: "rule"))
  var rule = Quantization.Rule.leastSquares

  @Option(help: ArgumentHelp("The seed of the images drawn and of their noise.", valueName: "s"))
  var seed = QuickDefaults.seed

  @Option(
    help: ArgumentHelp("Worker threads; the result does not depend on it. Default: one per processor.", valueName: "k"))
  var threads: Int?

  @Flag(help: "Print one JSON object.")
  var json = false

  mutating func validate() throws {
    if images < 1 { throw ValidationError("--images \(images): must be at least 1") }
    if levels.isEmpty { throw ValidationError("--levels needs at least one noise level") }
    if let level = levels.first(where: { !($0.isFinite && $0 > 0) }) {
      throw ValidationError("--levels \(level): must be a finite number above 0")
    }
    if let threads, threads < 1 { throw ValidationError("--threads \(threads): must be at least 1") }
    if !output.hasSuffix(".safetensors") {
      throw ValidationError("the output \(output) must be called .safetensors, the only format that is written")
    }
  }

  private struct Result: Encodable {
    struct Level: Encodable {
      var level: Double
      var relativeError: Double
    }
    var out: String
    var digest: String
    var convolutions: Int
    var images: Int
    var evaluations: Int
    var rule: String
    var arithmetic: String
    var levels: [Level]
  }

  func run() async throws {
    var checkpoint = try Checkpoint.load(path: model)
    let source = try DataSource.open(calibration, resources: BundledResources.folder)
    if let test = try? DataSource.open("mnist", resources: BundledResources.folder),
      try test.digest() == source.digest()
    {
      throw UsageError(
        "--calibration \(calibration) is the bundled test set; ranges from test images flatter every accuracy measured "
          + "on them")
    }
    let data = try AdaptedImageSet(source, to: checkpoint.architecture.imageShape)
    let classes = checkpoint.architecture.labelDimension
    if classes > 0 { try data.requireLabels(below: classes) }
    let sample = try QuantizationSample(data, count: images, levels: levels, classes: classes, seed: seed)
    let calibrator = try QuantizationCalibrator(checkpoint)
    Output.notice(
      "\(sample.queries.count) evaluations in fp32: \(sample.imageCount) images at \(levels.count) noise levels")
    let threads = threads ?? ProcessInfo.processInfo.activeProcessorCount
    let values = try await measure(calibrator, sample, threads: threads)
    checkpoint.quantization = Quantization(
      weights: checkpoint.weightsDigest(),
      calibration: Quantization.Calibration(
        data: Self.name(of: calibration), digest: try data.digest(), images: sample.imageCount, levels: levels,
        seed: seed, rule: rule),
      inputs: try values.inputs(rule))
    try checkpoint.writeSafetensors(to: output)
    let written = try Checkpoint.load(path: output)
    let int8 = try UNetDenoiser(written, precision: .int8)
    let errors = try await relativeErrors(of: int8, against: UNetDenoiser(written), sample, threads: threads)
    let result = Result(
      out: output, digest: written.digest, convolutions: calibrator.convolutions, images: sample.imageCount,
      evaluations: sample.queries.count, rule: rule.rawValue, arithmetic: int8.kernelDescription,
      levels: zip(levels, errors).map { Result.Level(level: $0, relativeError: $1) })
    if json { return try Output.json(result) }
    Output.line("wrote \(output): ranges of \(result.convolutions) convolutions (\(rule.rawValue))")
    Output.line("noise level   relative error of D in int8 (\(result.arithmetic))")
    for entry in result.levels {
      Output.line(padded("\(entry.level)", 14) + fixed(100 * entry.relativeError, 3) + " %")
    }
  }

  /// A path's last part: where a file lies says nothing about the model.
  private static func name(of source: String) -> String {
    let parts = source.split(separator: ":", maxSplits: 1).map(String.init)
    let path = parts.last ?? source
    let last = URL(fileURLWithPath: path).lastPathComponent
    return parts.count == 2 ? "\(parts[0]):\(last)" : last
  }

  private func measure(
    _ calibrator: QuantizationCalibrator, _ sample: QuantizationSample, threads: Int
  ) async throws -> ActivationValues {
    let chunk = (sample.queries.count + 4 * threads - 1) / (4 * threads)
    let parts = try await inParallel(count: sample.queries.count, chunk: chunk, threads: threads) { range in
      [try calibrator.measure(Array(sample.queries[range])) { try sample.input(range.lowerBound + $0) }]
    }
    return parts.reduce(into: ActivationValues()) { $0.merge($1) }
  }

  /// ‖D₈ − D‖/‖D‖ at each level, over at most eight images.
  private func relativeErrors(
    of int8: UNetDenoiser, against fp32: UNetDenoiser, _ sample: QuantizationSample, threads: Int
  ) async throws -> [Double] {
    let count = min(8, sample.imageCount) * levels.count
    let queries = Array(sample.queries[..<count])
    let inputs = try (0..<count).flatMap { try sample.input($0) }
    let found = try await EvaluatorPool(int8, threads: threads).denoise(queries, images: inputs)
    let expected = try await EvaluatorPool(fp32, threads: threads).denoise(queries, images: inputs)
    let size = fp32.imageShape.count
    return levels.indices.map { level in
      var (difference, total) = (0.0, 0.0)
      for query in stride(from: level, to: count, by: levels.count) {
        for index in query * size..<(query + 1) * size {
          difference += Double((found[index] - expected[index]) * (found[index] - expected[index]))
          total += Double(expected[index] * expected[index])
        }
      }
      return (difference / total).squareRoot()
    }
  }
}

extension Quantization.Rule: ExpressibleByArgument {}
