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

  /// - Throws: `InputError` for a file that cannot be used, `UsageError` for options that do not fit it.
  static func load(_ options: ModelOptions) throws -> LoadedModel {
    let source = try options.model ?? Resources.bundledModel()
    if options.precision.availableHere != options.precision {
      Output.notice(
        "this processor has no bfloat16 instructions: computing in \(options.precision.availableHere.rawValue) instead")
    }
    if let data = source.split(separator: ":", maxSplits: 1).last, source.hasPrefix("analytic:") {
      guard options.unconditionalModel == nil else {
        throw UsageError("--unconditional-model does not go with analytic:SRC, which is its own unconditional model")
      }
      return try analytic(String(data), source: source)
    }
    let checkpoint = try Checkpoint.load(path: source)
    let network = try UNetDenoiser(checkpoint, precision: options.precision)
    var loaded = LoadedModel(
      denoiser: network, source: source, digest: checkpoint.digest,
      architecture: ModelSummary(checkpoint.architecture).line, parameters: checkpoint.parameterCount,
      precision: network.precision, kernels: network.kernelDescription)
    if let file = options.unconditionalModel {
      let second = try Checkpoint.load(path: file)
      loaded.denoiser = try PairedDenoiser(
        conditional: network, unconditional: UNetDenoiser(second, precision: options.precision))
      loaded.unconditionalSource = file
      loaded.unconditionalDigest = second.digest
    }
    return loaded
  }

  private static func analytic(_ data: String, source: String) throws -> LoadedModel {
    let images = try DataSource.open(data, resources: Resources.folder)
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
    return LoadedModel(
      denoiser: try AnalyticDenoiser(
        images: ModelSpace.fromPixels(pixels), labels: labels, imageShape: images.imageShape,
        classCount: images.classCount),
      source: source, digest: try images.digest(), architecture: "analytic denoiser of \(images.count) images",
      parameters: nil, precision: .fp32, kernels: "analytic")
  }
}
