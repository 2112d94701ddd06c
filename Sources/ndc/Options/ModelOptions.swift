import ArgumentParser
import Foundation
import NoisedDiffusionClassifiers

/// Which denoiser runs, and how.
struct ModelOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "An EDM checkpoint (.pkl), an ndc .safetensors file, or analytic:SRC for the exact denoiser of a labelled data set.",
      discussion: "Default: the bundled MNIST model.", valueName: "file"))
  var model: String?

  @Option(
    help: ArgumentHelp(
      "A second checkpoint for the unconditional denoiser.",
      discussion: "Default: the zero label of --model.", valueName: "file"))
  var unconditionalModel: String?

  @Option(
    help: ArgumentHelp(
      "What the network computes in: fp32, bf16, or int8 for a model that ndc quantize has measured.",
      discussion: "Default: fp32; with --preset fast int8 where the model has it, bf16 where the processor has it.",
      valueName: "precision"))
  var precision: Precision?

  @Option(
    help: ArgumentHelp("Worker threads; results do not depend on it. Default: one per processor.", valueName: "k"))
  var threads: Int?

  mutating func validate() throws {
    if let threads, threads < 1 { throw ValidationError("--threads \(threads): must be at least 1") }
  }

  var workers: Int { threads ?? ProcessInfo.processInfo.activeProcessorCount }

  /// The model named, or the bundled one.
  func reference() throws -> ModelReference {
    ModelReference(
      try model ?? BundledResources.model(), unconditional: unconditionalModel, precision: precision)
  }

  /// Opens the model; what is worth saying goes to stderr.
  func open(choosing choice: PrecisionChoice = .exact) throws -> DiffusionModel {
    try DiffusionModel.open(reference(), choosing: choice) { Output.notice($0.description) }
  }
}

extension Precision: ExpressibleByArgument {}
