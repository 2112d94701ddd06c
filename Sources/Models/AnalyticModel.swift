import Basics
import Datasets
import Diffusion
import Foundation
import UNets

extension DiffusionModel {
  /// The exact denoiser of a labelled data set (Docs/Mathematics.md, The denoiser).
  static func analytic(_ data: String, _ reference: ModelReference, resources: URL?) throws -> DiffusionModel {
    guard reference.unconditional == nil else {
      throw UsageError(
        "does not go with analytic:SRC, which is its own unconditional model", parameter: .unconditionalModel)
    }
    let images = try DataSource.open(data, resources: resources)
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
    return DiffusionModel(
      reference: reference,
      denoiser: try AnalyticDenoiser(
        images: ModelSpace.fromPixels(pixels), labels: labels, imageShape: images.imageShape,
        classCount: images.classCount, allowsEmptyClasses: true),
      digest: digest, architecture: "analytic denoiser of \(images.count) images", classNames: images.classNames,
      parameters: nil, precision: .fp32, kernels: "analytic",
      classifier: try reference.openClassifier(),
      weightsDigest: { digest })
  }
}
