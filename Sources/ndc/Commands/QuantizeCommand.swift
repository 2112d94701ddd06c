import ArgumentParser
import Foundation
import NoisedDiffusionClassifiers

struct QuantizeCommand: AsyncParsableCommand, NamesFiles {
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

  @Argument(help: ArgumentHelp(DescriptionOptions.model, valueName: "model"))
  var model: String

  @Argument(help: ArgumentHelp("The .safetensors file to write.", valueName: "out"))
  var output: String

  @OptionGroup var description: DescriptionOptions

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

  var files: FilePlan {
    get throws {
      var plan = FilePlan()
      plan.read(model: model)
      plan.read(data: calibration)
      plan.read(description: description.modelConfig)
      plan.write(output, .weights, option: "")
      return plan
    }
  }

  func run() async throws {
    let outline = try ModelOutline(file: BundledModel.path(naming: model), description: description.modelConfig)
    let source = try DataSource.open(calibration, resources: BundledResources.folder, for: outline)
    for notice in source.notices(for: outline) { Output.notice(notice) }
    if try BundledResources.isTestSet(source) {
      throw UsageError(
        "--calibration \(calibration) is the bundled test set; ranges from test images flatter every accuracy measured "
          + "on them")
    }
    let threads = threads ?? ProcessInfo.processInfo.activeProcessorCount
    let sample = try await write(images: source, threads: threads)
    let written = try Checkpoint.load(path: output)
    let errors = try await RunProgress().follow(evaluations: QuantizationErrors.evaluations(sample)) {
      try await QuantizationErrors(of: written, on: sample, threads: threads)
    }
    let result = Result(
      out: output, digest: written.digest, convolutions: written.quantization?.inputs.count ?? 0,
      images: sample.imageCount,
      evaluations: sample.queries.count, rule: rule.rawValue, arithmetic: errors.kernels,
      levels: zip(levels, errors.relative).map { Result.Level(level: $0, relativeError: $1) })
    if json { return try Output.json(result) }
    Output.line("wrote \(output): ranges of \(result.convolutions) convolutions (\(rule.rawValue))")
    Output.line("noise level   relative error of D in int8 (\(result.arithmetic))")
    for entry in result.levels {
      Output.line(padded("\(entry.level)", 14) + fixed(100 * entry.relativeError, 3) + " %")
    }
  }

  /// Writes the output; on return nothing of the model that it was made from is in memory.
  private func write(images source: any LabeledImageSet, threads: Int) async throws -> QuantizationSample {
    let checkpoint = try Checkpoint.load(path: BundledModel.path(naming: model), description: description.load())
    for remark in checkpoint.remarks { Output.notice(remark) }
    if let notice = ModelNotice(ofLevels: levels, trained: checkpoint.notes.trainedLevels) {
      Output.notice(notice.description)
    }
    let quantizer = try ModelQuantizer(
      checkpoint, images: source, data: calibration, count: images, levels: levels, rule: rule, seed: seed)
    let sample = quantizer.sample
    Output.notice(
      "\(sample.queries.count) evaluations in fp32: \(sample.imageCount) images at \(levels.count) noise levels")
    let measured = try await RunProgress().follow(evaluations: sample.queries.count) {
      try await quantizer.quantized(threads: threads)
    }
    try measured.writeSafetensors(to: output)
    return sample
  }
}

extension Quantization.Rule: ExpressibleByArgument {}
