import Basics
import Checkpoints
import Datasets
import Diffusion
import Foundation
import UNets

/// A denoiser with what a record says about it.
struct LoadedModel: Sendable {
  var denoiser: any Denoiser
  var source: String
  var digest: String
  var unconditionalSource: String?
  var unconditionalDigest: String?
  var architecture: String
  var parameters: Int?
  /// What actually runs, which may be fp32 where bf16 was asked for.
  var precision: Precision
  /// The kernels in use; part of the classifier's identity.
  var kernels: String
  /// What a calibration is tied to: the weights, whatever file they come in. Takes a moment for a large model.
  var weightsDigest: @Sendable () -> String

  /// - Throws: `InputError` for a file that cannot be used, `UsageError` for options that do not fit it.
  ///
  /// - Parameter fastest: without --precision, whether to take the fastest precision that costs no accuracy: int8
  ///   where the model has ranges, bf16 where the processor has it. Otherwise it is fp32.
  static func load(_ options: ModelOptions, fastest: Bool = false) throws -> LoadedModel {
    let source = try options.model ?? Resources.bundledModel()
    if let asked = options.precision, asked.availableHere != asked {
      Output.notice(
        "this processor has no bfloat16 instructions: computing in \(asked.availableHere.rawValue) instead")
    }
    if let data = source.split(separator: ":", maxSplits: 1).last, source.hasPrefix("analytic:") {
      guard options.unconditionalModel == nil else {
        throw UsageError("--unconditional-model does not go with analytic:SRC, which is its own unconditional model")
      }
      return try analytic(String(data), source: source)
    }
    let checkpoint = try Checkpoint.load(path: source)
    let second = try options.unconditionalModel.map { try Checkpoint.load(path: $0) }
    let hasRanges = checkpoint.quantization != nil && second.map { $0.quantization != nil } ?? true
    let precision = options.precision ?? (!fastest ? .fp32 : hasRanges ? .int8 : Precision.bf16.availableHere)
    let network = try UNetDenoiser(checkpoint, precision: precision)
    var loaded = LoadedModel(
      denoiser: network, source: source, digest: checkpoint.digest,
      architecture: ModelSummary(checkpoint.architecture).line, parameters: checkpoint.parameterCount,
      precision: network.precision, kernels: network.kernelDescription,
      weightsDigest: { checkpoint.weightsDigest() })
    if let second {
      loaded.denoiser = try PairedDenoiser(
        conditional: network, unconditional: UNetDenoiser(second, precision: precision))
      loaded.unconditionalSource = options.unconditionalModel
      loaded.unconditionalDigest = second.digest
    }
    return loaded
  }

  private static func analytic(_ data: String, source: String) throws -> LoadedModel {
    let images = try DataSource.open(data, resources: Resources.folder)
    // The pixels, the same in model space, and what the nearest ones are searched with.
    try MemoryBudget.require(12 * images.count * images.imageShape.count, for: "the analytic model", file: data)
    var pixels = [Float]()
    var labels = [Int]()
    pixels.reserveCapacity(images.count * images.imageShape.count)
    for index in 0..<images.count {
      let image = try images.image(at: index)
      guard let label = image.label else {
        throw InputError("an analytic model needs labelled images", file: data, location: "image \(index)")
      }
      pixels += image.pixels
      labels.append(label)
    }
    let digest = try images.digest()
    return LoadedModel(
      denoiser: try AnalyticDenoiser(
        images: ModelSpace.fromPixels(pixels), labels: labels, imageShape: images.imageShape,
        classCount: images.classCount),
      source: source, digest: digest, architecture: "analytic denoiser of \(images.count) images",
      parameters: nil, precision: .fp32, kernels: "analytic", weightsDigest: { digest })
  }
}
