import Diffusion

/// Evaluators of one denoiser, made once and lent to whoever computes.
public final class EvaluatorPool: Sendable {
  private let denoiser: any Denoiser
  private let pool: WorkerPool<any DenoiserEvaluator>

  /// Makes one evaluator per thread.
  public init(_ denoiser: any Denoiser, threads: Int) async throws {
    self.denoiser = denoiser
    pool = WorkerPool(size: threads) { try denoiser.makeEvaluator() }
    try await pool.prepare()
  }

  /// D(x; s, y) of each query.
  ///
  /// - Parameter images: n×C×H×W floats in model space.
  /// - Throws: `CancellationError` within a quarter of a second when the task is cancelled; whatever the denoiser throws.
  public func denoise(_ queries: [DenoiserQuery], images: [Float]) async throws -> [Float] {
    let size = denoiser.imageShape.count
    precondition(images.count == queries.count * size)
    let batches = BatchQueue(count: queries.count, limit: denoiser.preferredBatchSize)
    return try await leavingInTime { [pool] in
      try await pool.answers(to: batches) { evaluator, range in
        var output = [Float](repeating: 0, count: range.count * size)
        try images.withUnsafeBufferPointer { input in
          try output.withUnsafeMutableBufferPointer { result in
            try evaluator.denoise(
              Array(queries[range]),
              inputs: UnsafeBufferPointer(rebasing: input[range.lowerBound * size..<range.upperBound * size]),
              outputs: result)
          }
        }
        EvaluationMeter.observer?.evaluated(range.count)
        return output
      }
    }
  }
}
