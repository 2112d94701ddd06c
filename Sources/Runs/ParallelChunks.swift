import Basics
import Diffusion
import Synchronization

/// Computes `count` elements in chunks on up to `threads` tasks and returns them in order.
///
/// - Parameter work: computes the elements of a range; never suspends.
public func inParallel<Element: Sendable>(
  count: Int, chunk: Int, threads: Int, _ work: @escaping @Sendable (Range<Int>) throws -> [Element]
) async throws -> [Element] {
  let queue = ChunkQueue(count: count, chunk: chunk)
  let chunks = try await withThrowingTaskGroup(of: [(Int, [Element])].self) { group in
    for _ in 0..<max(1, min(threads, (count + chunk - 1) / chunk)) {
      group.addTask {
        var done: [(Int, [Element])] = []
        while let range = queue.next() {
          try Task.checkCancellation()
          done.append((range.lowerBound, try work(range)))
        }
        return done
      }
    }
    return try await group.reduce(into: []) { $0 += $1 }
  }
  return chunks.sorted { $0.0 < $1.0 }.flatMap(\.1)
}

/// Hands out 0 ..< count in chunks, to any number of tasks.
private final class ChunkQueue: Sendable {
  private let count: Int
  private let chunk: Int
  private let position = Mutex(0)

  init(count: Int, chunk: Int) {
    self.count = count
    self.chunk = chunk
  }

  func next() -> Range<Int>? {
    position.withLock { position in
      guard position < count else { return nil }
      defer { position += chunk }
      return position..<min(position + chunk, count)
    }
  }
}

/// Evaluators of one denoiser, made once and lent to whoever computes.
public final class EvaluatorPool: Sendable {
  /// Unchecked: an evaluator is lent to one task at a time, and the mutex orders one loan after the other.
  private struct Seat: @unchecked Sendable {
    var evaluator: any DenoiserEvaluator
  }

  private let denoiser: any Denoiser
  private let threads: Int
  private let idle: Mutex<[Seat]>

  /// Makes one evaluator per thread.
  public init(_ denoiser: any Denoiser, threads: Int) throws {
    self.denoiser = denoiser
    self.threads = threads
    let seats = try (0..<threads).map { _ in Seat(evaluator: try denoiser.makeEvaluator()) }
    idle = Mutex(seats)
  }

  /// D(x; s, y) of each query.
  ///
  /// - Parameter images: n×C×H×W floats in model space.
  public func denoise(_ queries: [DenoiserQuery], images: [Float]) async throws -> [Float] {
    let size = denoiser.imageShape.count
    precondition(images.count == queries.count * size)
    let chunk = denoiser.preferredBatchSize
    let chunks = (queries.count + chunk - 1) / chunk
    let results = try await inParallel(count: chunks, chunk: 1, threads: threads) { indices in
      guard let seat = self.idle.withLock({ $0.popLast() }) else { preconditionFailure("more tasks than evaluators") }
      defer { self.idle.withLock { $0.append(seat) } }
      let range = indices.lowerBound * chunk..<min(indices.upperBound * chunk, queries.count)
      var output = [Float](repeating: 0, count: range.count * size)
      try images.withUnsafeBufferPointer { input in
        try output.withUnsafeMutableBufferPointer { result in
          try seat.evaluator.denoise(
            Array(queries[range]),
            inputs: UnsafeBufferPointer(rebasing: input[range.lowerBound * size..<range.upperBound * size]),
            outputs: result)
        }
      }
      return [output]
    }
    return results.flatMap { $0 }
  }
}
