import Basics
import Diffusion
import Testing
import UNets

/// Cancels its task as soon as some of an evaluation is done, and remembers what it is told.
private final class Canceller: EvaluationObserver {
  let told = Mutex<[Double]>([])
  let cancels: Bool

  init(cancels: Bool) { self.cancels = cancels }

  func evaluated(_ count: Int) {}
  func advanced(by share: Double) {
    told.withLock { $0.append(share) }
    if cancels { withUnsafeCurrentTask { $0?.cancel() } }
  }
}

/// Unchecked: one task after the other uses it.
private struct Worker: @unchecked Sendable {
  let evaluator: any DenoiserEvaluator
}

@Suite("Cancelling an evaluation") struct CancellationTests {
  @Test("A cancelled task ends between two steps of a network; what it had told is taken back, and the next is sound")
  func network() async throws {
    let denoiser = try UNetDenoiser(NetworkFixture.committed[1].checkpoint())
    let contents = try NetworkFixture.committed[1].contents()
    let queries = contents.queries(contents.labels)
    let expected = try denoiser.denoised(queries, contents.inputs)
    let canceller = Canceller(cancels: true)
    let worker = Worker(evaluator: try denoiser.makeEvaluator())
    try await Task {
      try EvaluationMeter.$observer.withValue(canceller) { try cancelled(worker.evaluator, queries, contents.inputs) }
    }.value
    #expect(try worker.evaluator.denoised(queries, contents.inputs) == expected)
    let told = canceller.told.withLock { $0 }
    // Some of it, and the same back: more would be a second sub-batch, none a network that runs to its end.
    #expect(told.count == 2 && told[0] > 0 && told[0] < 1 && told[0] == -told[1])
  }

  private func cancelled(_ evaluator: any DenoiserEvaluator, _ queries: [DenoiserQuery], _ inputs: [Float]) throws {
    #expect(throws: CancellationError.self) { try evaluator.denoised(queries, inputs) }
    #expect(Task.isCancelled)
  }

  @Test("An evaluation that ends well has told of all its parts, and takes them back")
  func wholeEvaluation() throws {
    let denoiser = try UNetDenoiser(NetworkFixture.committed[1].checkpoint())
    let contents = try NetworkFixture.committed[1].contents()
    let observer = Canceller(cancels: false)
    _ = try EvaluationMeter.$observer.withValue(observer) {
      try denoiser.denoised(contents.queries(nil), contents.inputs)
    }
    let told = observer.told.withLock { $0 }
    #expect(told.count { $0 > 0 } > 4)
    #expect(abs(told.reduce(0, +)) < 1e-9)
  }

  @Test("A cancelled task ends between two blocks of an analytic model")
  func analytic() async throws {
    let images: [Float] = (0..<6).flatMap { index -> [Float] in [Float(index), 0, 0, 1] }
    let denoiser = try AnalyticDenoiser(
      images: images, labels: [0, 1, 0, 1, 0, 1], imageShape: ImageShape(channels: 1, height: 2, width: 2),
      classCount: 2)
    let canceller = Canceller(cancels: true)
    let queries = (0..<200).map { DenoiserQuery(noise: ModelNoise(1), label: $0 % 2) }
    let task = Task {
      let evaluator = denoiser.makeEvaluator()
      try EvaluationMeter.$observer.withValue(canceller) {
        try cancelled(evaluator, queries, [Float](repeating: 0.5, count: 800))
      }
    }
    try await task.value
    #expect(canceller.told.withLock { $0.count } == 2)
  }
}
