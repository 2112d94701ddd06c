import ArgumentParser
import NoisedDiffusionClassifiers

struct InspectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect",
    abstract: "What a model file is: architecture, parameters, what it can do, digest.",
    discussion: "Without a file: the bundled model. Every tensor is checked against the architecture.")

  @Argument(help: ArgumentHelp("A checkpoint (.pkl or .safetensors).", valueName: "model"))
  var model: String?

  @Flag(help: "List the step programs' kernels too.")
  var kernels = false

  @Flag(help: "Print one JSON object.")
  var json = false

  private struct Report: Encodable {
    var file: String
    var digest: String
    var architecture: Architecture
    var notes: CheckpointNotes
    var parameters: Int
    var tensors: Int
    var imageShape: ImageShape
    var classes: Int
    var methods: [String]
    var workerBytes: Int
    var precisionsHere: [String]
    var quantization: QuantizationReport?
    var engine: String
  }

  private struct QuantizationReport: Encodable {
    var convolutions: Int
    var ofConvolutions: Int
    var rule: String
    var data: String
    var dataDigest: String
    var images: Int
    var levels: [Double]
    var seed: UInt64
    var arithmetic: String

    init(_ quantization: Quantization, _ network: UNetDenoiser) {
      let calibration = quantization.calibration
      convolutions = quantization.inputs.count
      ofConvolutions = network.quantizableConvolutions
      rule = calibration.rule.rawValue
      data = calibration.data
      dataDigest = calibration.digest
      images = calibration.images
      levels = calibration.levels
      seed = calibration.seed
      arithmetic = Int8Arithmetic.here.description
    }

    var line: String {
      "\(convolutions) of \(ofConvolutions) convolutions (\(rule); \(images) images of \(data), noise levels "
        + levels.map(\.description).joined(separator: " ") + "); here \(arithmetic)"
    }
  }

  func run() throws {
    let file = try model ?? BundledResources.model()
    let checkpoint = try Checkpoint.load(path: file)
    let network = try UNetDenoiser(checkpoint)
    // A quantisation that does not fit the network shows when the network is built with it.
    let int8 = try checkpoint.quantization.map { _ in try UNetDenoiser(checkpoint, precision: .int8) }
    let quantization = checkpoint.quantization.map { QuantizationReport($0, network) }
    let methods =
      checkpoint.architecture.labelDimension > 0 ? ["apndc", "apndc-posterior", "epndc", "dc", "denoise-classify"] : []
    let report = Report(
      file: file, digest: checkpoint.digest, architecture: checkpoint.architecture, notes: checkpoint.notes,
      parameters: checkpoint.parameterCount, tensors: checkpoint.tensors.count,
      imageShape: checkpoint.architecture.imageShape, classes: checkpoint.architecture.labelDimension,
      methods: methods, workerBytes: network.workerBytes,
      precisionsHere: Precision.allCases.filter { $0.availableHere == $0 && ($0 != .int8 || quantization != nil) }
        .map(\.rawValue),
      quantization: quantization,
      engine: "\(EngineIdentity.library), \(EngineIdentity.kernels) kernels")
    if json { return try Output.json(report) }
    let summary = ModelSummary(checkpoint.architecture)
    var rows = [
      ("file", file), ("sha256", report.digest), ("network", summary.network),
      ("preconditioning", summary.preconditioning), ("image", "\(report.imageShape)"),
      ("classes", report.classes == 0 ? "none (unconditional)" : "\(report.classes)"),
    ]
    rows += summary.details
    rows += [
      ("parameters", "\(report.parameters) in \(report.tensors) tensors"),
      ("unconditional", unconditional(checkpoint)),
      ("classifiers", methods.isEmpty ? "none: it has no classes" : methods.joined(separator: ", ")),
      ("memory per worker", "\(report.workerBytes >> 20) MiB beside the weights"),
      ("precisions here", report.precisionsHere.joined(separator: ", ")),
      ("int8", quantization?.line ?? "not measured; see ndc quantize"), ("engine", report.engine),
    ]
    for (name, value) in rows { Output.line(padded(name, 20) + value) }
    guard kernels else { return }
    for network in [network, int8].compactMap({ $0 }) {
      Output.line("steps in \(network.precision.rawValue)")
      for (step, kernel) in network.implementations { Output.line("  " + padded(step, 40) + kernel) }
    }
  }

  private func unconditional(_ checkpoint: Checkpoint) -> String {
    guard checkpoint.architecture.labelDimension > 0 else { return "yes, and nothing else" }
    switch checkpoint.notes.labelDropout {
    case let rate? where rate > 0: return "by the zero label (label dropout \(rate) in training)"
    case _?: return "by the zero label, untrained: labels were never dropped; better give --unconditional-model"
    case nil: return "by the zero label; the file does not say whether labels were dropped in training"
    }
  }
}
