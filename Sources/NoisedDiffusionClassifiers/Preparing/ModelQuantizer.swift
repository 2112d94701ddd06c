import Basics
import Checkpoints
import Datasets
import Diffusion
import Foundation
import Runs
import UNets

/// Measures on images what int8 needs to know about a network.
///
/// Holds no network: each is made when it is needed and gone before the next, since a large one takes more memory than
/// its file.
public struct ModelQuantizer: Sendable {
  public let checkpoint: Checkpoint
  public let sample: QuantizationSample
  /// What the images are called where the model is described.
  public let data: String
  public let dataDigest: String
  public let rule: Quantization.Rule

  /// - Parameters:
  ///   - data: what `images` was opened from; its last part is kept.
  ///   - count: how many images to draw without replacement; all where there are fewer.
  /// - Throws: `InputError` where the images do not suit the network.
  public init(
    _ checkpoint: Checkpoint, images: any LabeledImageSet, data: String, count: Int, levels: [Double],
    rule: Quantization.Rule = .leastSquares, seed: UInt64
  ) throws {
    let adapted = try AdaptedImageSet(images, to: checkpoint.architecture.imageShape)
    let classes = checkpoint.architecture.labelDimension
    if classes > 0 { try adapted.requireLabels(below: classes) }
    sample = try QuantizationSample(
      adapted, count: count, levels: levels, classes: classes,
      answersWithoutLabel: checkpoint.architecture.answersWithoutLabel, seed: seed)
    dataDigest = try adapted.digest()
    self.checkpoint = checkpoint
    self.data = Self.name(of: data)
    self.rule = rule
  }

  /// The same weights with the ranges, whatever the threads.
  ///
  /// - Throws: `InputError` where the tensors do not make the network that the architecture describes, or it computes
  ///   values that are not finite.
  public func quantized(threads: Int) async throws -> Checkpoint {
    let values = try await values(threads: threads)
    MemoryBudget.giveBack()
    var result = checkpoint
    result.quantization = Quantization(
      weights: checkpoint.weightsDigest(),
      calibration: Quantization.Calibration(
        data: data, digest: dataDigest, images: sample.imageCount, levels: sample.levels, seed: sample.seed,
        rule: rule),
      inputs: try values.inputs(rule))
    return result
  }

  private func values(threads: Int) async throws -> ActivationValues {
    let calibrator = try QuantizationCalibrator(checkpoint)
    let chunk = (sample.queries.count + 4 * threads - 1) / (4 * threads)
    let parts = try await inParallel(count: sample.queries.count, chunk: chunk, threads: threads) { range in
      [try calibrator.measure(Array(sample.queries[range])) { try sample.input(range.lowerBound + $0) }]
    }
    return parts.reduce(into: ActivationValues()) { $0.merge($1) }
  }

  /// A path's last part: where a file lies says nothing about the model.
  private static func name(of source: String) -> String {
    let parts = source.split(separator: ":", maxSplits: 1).map(String.init)
    let path = parts.last ?? source
    let last = URL(fileURLWithPath: path).lastPathComponent
    return parts.count == 2 ? "\(parts[0]):\(last)" : last
  }
}
