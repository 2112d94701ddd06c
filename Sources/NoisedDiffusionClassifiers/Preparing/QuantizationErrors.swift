import Basics
import Checkpoints
import Diffusion
import Runs
import UNets

/// How far a quantised model's int8 is from its fp32 on the images that it was quantised on.
public struct QuantizationErrors: Sendable {
  /// ‖D₈ − D‖/‖D‖ at each level of the sample.
  public let relative: [Double]
  /// The kernels that ran in int8.
  public let kernels: String

  /// Most images that errors are measured on.
  private static let images = 8

  private static func queries(_ sample: QuantizationSample) -> Int {
    min(images, sample.imageCount) * sample.levels.count
  }

  /// What measuring them takes, of both precisions.
  public static func evaluations(_ sample: QuantizationSample) -> Int { 2 * queries(sample) }

  /// One network after the other: together they would take more memory than either in use.
  ///
  /// - Throws: `InputError` where the checkpoint has no ranges, or they do not fit its network.
  public init(of checkpoint: Checkpoint, on sample: QuantizationSample, threads: Int) async throws {
    let count = Self.queries(sample)
    let queries = Array(sample.queries[..<count])
    let inputs = try (0..<count).flatMap { try sample.input($0) }
    func answers(_ precision: Precision) async throws -> (values: [Float], kernels: String) {
      let denoiser = try UNetDenoiser(checkpoint, precision: precision)
      let values = try await EvaluatorPool(denoiser, threads: threads).denoise(queries, images: inputs)
      return (values, denoiser.kernelDescription)
    }
    let expected = try await answers(.fp32).values
    MemoryBudget.giveBack()
    let found = try await answers(.int8)
    let (size, levels) = (checkpoint.architecture.imageShape.count, sample.levels)
    kernels = found.kernels
    relative = levels.indices.map { level in
      var (difference, total) = (0.0, 0.0)
      for query in stride(from: level, to: count, by: levels.count) {
        for index in query * size..<(query + 1) * size {
          let error = Double(found.values[index] - expected[index])
          difference += error * error
          total += Double(expected[index] * expected[index])
        }
      }
      return (difference / total).squareRoot()
    }
  }
}
