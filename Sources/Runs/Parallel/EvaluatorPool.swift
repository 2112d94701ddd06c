import Basics
import Diffusion

/// Evaluators of one denoiser, made once and lent to whoever computes.
public final class EvaluatorPool: Sendable {
  private let denoiser: any Denoiser
  private let pool: WorkerPool<any DenoiserEvaluator>

  /// Makes one evaluator per thread.
  public init(_ denoiser: any Denoiser, threads: Int) throws {
    self.denoiser = denoiser
    pool = WorkerPool(size: threads) { try denoiser.makeEvaluator() }
    try pool.prepare()
  }

  /// D(x; s, y) of each query.
  ///
  /// - Parameter images: n×C×H×W floats in model space.
  public func denoise(_ queries: [DenoiserQuery], images: [Float]) async throws -> [Float] {
    let size = denoiser.imageShape.count
    precondition(images.count == queries.count * size)
    let chunk = denoiser.preferredBatchSize
    let queue = ChunkQueue(count: queries.count, chunk: chunk)
    let pool = pool
    let chunks = try await withThrowingTaskGroup(of: [(Int, [Float])].self) { group in
      for _ in 0..<min(pool.size, (queries.count + chunk - 1) / chunk) {
        group.addTask {
          var finished: [(Int, [Float])] = []
          try await pool.withWorker(order: 0) { evaluator in
            guard let range = queue.next() else { return false }
            var output = [Float](repeating: 0, count: range.count * size)
            try images.withUnsafeBufferPointer { input in
              try output.withUnsafeMutableBufferPointer { result in
                try evaluator.denoise(
                  Array(queries[range]),
                  inputs: UnsafeBufferPointer(rebasing: input[range.lowerBound * size..<range.upperBound * size]),
                  outputs: result)
              }
            }
            finished.append((range.lowerBound, output))
            return true
          }
          return finished
        }
      }
      return try await group.reduce(into: []) { $0 += $1 }
    }
    return chunks.sorted { $0.0 < $1.0 }.flatMap(\.1)
  }
}
