import Basics
import Certification
import Classifiers
import Diffusion
import Foundation
import Runs
import Testing

/// A denoiser of many classes that knows on which threads it is asked.
private final class ManyClasses: Denoiser {
  let base: GaussianMixtureDenoiser
  let threads = Guarded<Set<pthread_t>>([])
  let calls = Guarded<[Int]>([])
  /// Called in every call, on its thread.
  let onCall: @Sendable (ManyClasses) throws -> Void

  init(classes: Int, onCall: @escaping @Sendable (ManyClasses) throws -> Void = { _ in }) {
    base = GaussianMixtureDenoiser(
      imageShape: ToyClassifier.shape,
      components: (0..<classes).map { label in
        .init(label: label, mean: (0..<4).map { sin(Double(7 * label + $0)) }, variance: 0.1)
      }, preferredBatchSize: 3)
    self.onCall = onCall
  }

  var imageShape: ImageShape { base.imageShape }
  var classCount: Int { base.classCount }
  var isUnconditionalAvailable: Bool { true }
  var preferredBatchSize: Int { base.preferredBatchSize }
  func makeEvaluator() throws -> any DenoiserEvaluator { Evaluator(self) }

  private final class Evaluator: DenoiserEvaluator {
    let owner: ManyClasses
    let base: any DenoiserEvaluator
    init(_ owner: ManyClasses) {
      self.owner = owner
      base = owner.base.makeEvaluator()
    }

    func denoise(
      _ queries: [DenoiserQuery], inputs: UnsafeBufferPointer<Float>, outputs: UnsafeMutableBufferPointer<Float>
    ) throws {
      owner.threads.withLock { _ = $0.insert(pthread_self()) }
      owner.calls.withLock { $0.append(queries.count) }
      try owner.onCall(owner)
      try base.denoise(queries, inputs: inputs, outputs: outputs)
    }
  }
}

@Suite struct SpareWorkersTests {
  private static func classifier(
    _ denoiser: ManyClasses, _ elimination: Elimination = .none
  ) throws -> any LossClassifier {
    var specification = ClassifierSpecification(method: .approximatePosterior, sigma: 0.25)
    specification.levels = [0.7, 1.1, 1.8]
    specification.elimination = elimination
    return try specification.makeClassifier(denoiser: denoiser)
  }

  @Test("One vote's classes are evaluated on several threads at once")
  func spread() async throws {
    // A call waits until another thread is in one too, for half a minute in all: alone it would never be.
    let patience = Guarded(30_000)
    let denoiser = ManyClasses(classes: 40) { denoiser in
      while patience.withLock({ $0 }) > 0, denoiser.calls.withLock({ $0.count }) > 1,
        denoiser.threads.withLock({ $0.count }) < 2
      {
        usleep(1000)
        patience.withLock { $0 -= 1 }
      }
    }
    let executor = try VoteExecutor(base: Self.classifier(denoiser), sigma: PixelNoise(0.25), threads: 4)
    let votes = try await executor.votes(VoteExecutorTests.requests(1))
    #expect(denoiser.threads.withLock { $0.count } > 1)
    #expect(votes.map(\.evaluations) == [121])
    // What an evaluator is given at once stays the same.
    #expect(denoiser.calls.withLock { $0.allSatisfy { $0 <= 3 } })
  }

  @Test(
    "Losses are the same bit for bit, however many take part",
    arguments: [Elimination.none, .race(Race(rule: .halving)), .race(Race(rule: .margins([0.5, 0.5, 0.5])))])
  func bits(elimination: Elimination) async throws {
    let requests = VoteExecutorTests.requests(5)
    func errors(threads: Int, votes: Int) async throws -> [LevelErrors] {
      let executor = try VoteExecutor(
        base: Self.classifier(ManyClasses(classes: 37), elimination), sigma: PixelNoise(0.25), threads: threads)
      return try await executor.levelErrors(Array(requests.prefix(votes)))
    }
    func votes(threads: Int, votes: Int) async throws -> [Vote] {
      let executor = try VoteExecutor(
        base: Self.classifier(ManyClasses(classes: 37), elimination), sigma: PixelNoise(0.25), threads: threads)
      return try await executor.votes(Array(requests.prefix(votes)))
    }
    let expected = (try await errors(threads: 1, votes: 5), try await votes(threads: 1, votes: 5))
    #expect(Set(expected.0.map(\.values)).count == 5)
    for threads in [2, 3, 8] {
      for count in [1, 2, 5] {
        #expect(try await errors(threads: threads, votes: count) == Array(expected.0.prefix(count)))
        #expect(try await votes(threads: threads, votes: count) == Array(expected.1.prefix(count)))
      }
    }
  }

  @Test("A helper's error is the vote's, and everybody works on")
  func failure() async throws {
    let isBroken = Guarded(true)
    let denoiser = ManyClasses(classes: 40) { denoiser in
      if isBroken.withLock({ $0 }), denoiser.calls.withLock({ $0.count }) > 5 { throw ToyFailure() }
    }
    let executor = try VoteExecutor(base: Self.classifier(denoiser), sigma: PixelNoise(0.25), threads: 3)
    await #expect(throws: ToyFailure.self) { _ = try await executor.votes(VoteExecutorTests.requests(1)) }
    isBroken.withLock { $0 = false }
    #expect(try await executor.votes(VoteExecutorTests.requests(2)).count == 2)
  }

  @Test("Helpers hear of a cancellation", .timeLimit(.minutes(1)))
  func cancellation() async throws {
    let isAsked = Guarded(0)
    let hasHeard = Guarded(0)
    // Helpers stop only when their own task is cancelled.
    let denoiser = ManyClasses(classes: 40) { _ in
      guard
        isAsked.withLock({ count in
          count += 1; return count
        }) > 4
      else { return }
      while !Task.isCancelled { usleep(1000) }
      hasHeard.withLock { $0 += 1 }
      throw CancellationError()
    }
    let executor = try VoteExecutor(base: Self.classifier(denoiser), sigma: PixelNoise(0.25), threads: 3)
    let task = Task { try await executor.votes(VoteExecutorTests.requests(1)) }
    while isAsked.withLock({ $0 }) < 6 { try await Task.sleep(for: .milliseconds(1)) }
    task.cancel()
    await #expect(throws: CancellationError.self) { _ = try await task.value }
    while hasHeard.withLock({ $0 }) < 2 { try await Task.sleep(for: .milliseconds(1)) }
    isAsked.withLock { $0 = -100_000 }
    #expect(try await executor.votes(VoteExecutorTests.requests(6)).count == 6)
  }
}
