import Basics
import Checkpoints
import Datasets
import Diffusion
import Foundation
import Runs
import UNets

/// Measures on images what int8 needs to know about a network.
public struct ModelQuantizer: Sendable {
  public let checkpoint: Checkpoint
  public let sample: QuantizationSample
  /// What the images are called where the model is described.
  public let data: String
  public let dataDigest: String
  public let rule: Quantization.Rule
  private let calibrator: QuantizationCalibrator

  /// Most images that errors are measured on.
  static let errorImages = 8

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
    sample = try QuantizationSample(adapted, count: count, levels: levels, classes: classes, seed: seed)
    calibrator = try QuantizationCalibrator(checkpoint)
    dataDigest = try adapted.digest()
    self.checkpoint = checkpoint
    self.data = Self.name(of: data)
    self.rule = rule
  }

  /// How many convolutions can take bytes.
  public var convolutions: Int { calibrator.convolutions }

  /// The same weights with the ranges, whatever the threads.
  ///
  /// - Throws: `InputError` where the network computes values that are not finite.
  public func quantized(threads: Int) async throws -> Checkpoint {
    let chunk = (sample.queries.count + 4 * threads - 1) / (4 * threads)
    let parts = try await inParallel(count: sample.queries.count, chunk: chunk, threads: threads) { range in
      [try calibrator.measure(Array(sample.queries[range])) { try sample.input(range.lowerBound + $0) }]
    }
    let values = parts.reduce(into: ActivationValues()) { $0.merge($1) }
    var result = checkpoint
    result.quantization = Quantization(
      weights: checkpoint.weightsDigest(),
      calibration: Quantization.Calibration(
        data: data, digest: dataDigest, images: sample.imageCount, levels: sample.levels, seed: sample.seed,
        rule: rule),
      inputs: try values.inputs(rule))
    return result
  }

  /// What measuring the errors takes, of both networks.
  public var errorEvaluations: Int { 2 * min(Self.errorImages, sample.imageCount) * sample.levels.count }

  /// ‖D₈ − D‖/‖D‖ at each level, over at most eight images.
  public func relativeErrors(
    of int8: UNetDenoiser, against fp32: UNetDenoiser, threads: Int
  ) async throws -> [Double] {
    let levels = sample.levels
    let count = errorEvaluations / 2
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

  /// A path's last part: where a file lies says nothing about the model.
  private static func name(of source: String) -> String {
    let parts = source.split(separator: ":", maxSplits: 1).map(String.init)
    let path = parts.last ?? source
    let last = URL(fileURLWithPath: path).lastPathComponent
    return parts.count == 2 ? "\(parts[0]):\(last)" : last
  }
}
