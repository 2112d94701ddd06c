import NoisedDiffusionClassifiers
import Testing

@Suite struct TighteningBoundsTests {
  private let settings = CastingSettings(seed: 11, threads: 2)

  private func rule(budget: Int = 600) throws -> AnytimeTolerance {
    try AnytimeTolerance(selectionSamples: 20, budget: budget, alpha: 0.001, tolerance: 0)
  }

  @Test func `tightens, and ends with what one call returns`() async throws {
    let smoothed = try Mixture.smoothed()
    let rule = try rule()
    var bounds: [TighteningBound] = []
    for try await bound in try smoothed.bounds(of: Mixture.picture, rule: rule, settings: settings) {
      bounds.append(bound)
    }
    let result = try await smoothed.certify(Mixture.picture, rule: .tolerance(rule), settings: settings)
    #expect(bounds.count > 5)
    #expect(bounds.dropLast().allSatisfy { $0.result == nil })
    #expect(bounds.last?.result == result)
    #expect(bounds.last?.outcome == result.outcome)
    for (earlier, later) in zip(bounds, bounds.dropFirst()) {
      #expect(earlier.votes < later.votes)
      #expect(earlier.lowerBound <= later.lowerBound)
      #expect(earlier.candidate == later.candidate)
    }
  }

  @Test func `each element is the confidence sequence on the votes so far, in index order`() async throws {
    let smoothed = try Mixture.smoothed()
    let executor = try VoteExecutor(smoothed, threads: 1)
    let votes = try await ImageVotes(
      executor: executor, pixels: Mixture.picture.pixels, seed: 11, image: 0
    ).votes(0..<600, for: .estimation)
    for try await bound in try smoothed.bounds(of: Mixture.picture, rule: rule(), settings: settings) {
      var lower = AnytimeLowerBound(alpha: 0.001)
      for vote in votes[..<bound.votes] { lower.add(success: vote.choice == .label(bound.candidate)) }
      #expect(bound.successes == lower.successes)
      #expect(bound.lowerBound == lower.bound)
      #expect(bound.radius == CertifiedRadius.radius(sigma: Mixture.sigma, lowerBound: lower.bound))
    }
  }

  /// P(any element of a run exceeds the truth) ≤ α. With the fixed-n bound in its place, peeked at as often, far more
  /// runs would: the fault this test is able to find.
  @Test func `all elements hold together in all but a share alpha of the runs, unlike peeked fixed-n bounds`()
    async throws
  {
    let (alpha, runs, probability) = (0.1, 300, 0.7)
    let rule = try AnytimeTolerance(selectionSamples: 1, budget: 400, alpha: alpha, tolerance: 0)
    let smoothed = try SmoothedClassifier(Coin(probability: probability), sigma: 0.5)
    let coin = Picture(shape: Coin.shape, pixels: [0.5])
    var misses = 0
    var peeked = 0
    for run in 0..<runs {
      var isMissed = false
      var isPeekedMissed = false
      let settings = CastingSettings(seed: 99, image: UInt32(run), threads: 1, batch: 64)
      for try await bound in try smoothed.bounds(of: coin, rule: rule, settings: settings) {
        let truth = bound.candidate == 0 ? probability : 1 - probability
        if bound.lowerBound > truth { isMissed = true }
        let fixed = ClopperPearson.lowerBound(successes: bound.successes, trials: bound.votes, alpha: alpha)
        if fixed > truth { isPeekedMissed = true }
      }
      if isMissed { misses += 1 }
      if isPeekedMissed { peeked += 1 }
    }
    // Binomial(300, 0.1) exceeds 48 with probability 0.0005.
    #expect(misses <= 48)
    #expect(peeked > 48)
  }

  @Test(.timeLimit(.minutes(1))) func `cancelling the consumer stops the votes and is no end of the sequence`()
    async throws
  {
    let denoiser = CountingDenoiser()
    let smoothed = try Mixture.smoothed(denoiser)
    // Without a target or tolerance nothing but the budget ends this: hours of votes.
    let bounds = try smoothed.bounds(of: Mixture.picture, rule: rule(budget: 100_000_000), settings: settings)
    let (started, signal) = AsyncStream<Void>.makeStream()
    let task = Task {
      for try await _ in bounds { signal.yield() }
    }
    var iterator = started.makeAsyncIterator()
    await iterator.next()
    task.cancel()
    await #expect(throws: CancellationError.self) { try await task.value }
    try await expectNoMoreWork(denoiser)
  }

  @Test(.timeLimit(.minutes(1))) func `leaving the loop stops the votes`() async throws {
    let denoiser = CountingDenoiser()
    let smoothed = try Mixture.smoothed(denoiser)
    for try await bound in try smoothed.bounds(
      of: Mixture.picture, rule: rule(budget: 100_000_000), settings: settings)
    {
      #expect(bound.votes > 0)
      break
    }
    try await expectNoMoreWork(denoiser)
  }

  @Test(.timeLimit(.minutes(1))) func `cancelling one call stops it`() async throws {
    let smoothed = try Mixture.smoothed()
    let rule = CertificationRule.tolerance(try rule(budget: 100_000_000))
    let task = Task { try await smoothed.certify(Mixture.picture, rule: rule) }
    try await Task.sleep(for: .milliseconds(50))
    task.cancel()
    await #expect(throws: CancellationError.self) { try await task.value }
  }

  /// Batches under way may end; after them nothing is evaluated.
  private func expectNoMoreWork(_ denoiser: CountingDenoiser) async throws {
    try await Task.sleep(for: .milliseconds(500))
    let count = denoiser.evaluations.withLock { $0 }
    try await Task.sleep(for: .milliseconds(300))
    #expect(denoiser.evaluations.withLock { $0 } == count)
  }
}

/// Votes for class 0 with a known probability, by the classifier's own noise.
struct Coin: BaseClassifier {
  static let shape = ImageShape(channels: 1, height: 1, width: 1)
  var probability: Double
  var imageShape: ImageShape { Self.shape }
  var classCount: Int { 2 }
  func makeWorker() -> any ClassifierWorker {
    Worker(threshold: Float(NormalDistribution.quantile(probability)))
  }

  final class Worker: ClassifierWorker {
    let threshold: Float
    init(threshold: Float) { self.threshold = threshold }

    func classLosses(_ inputs: [ClassifierInput]) -> [ClassLosses] {
      inputs.map { input in
        var normal: [Float] = [0]
        normal.withUnsafeMutableBufferPointer { input.noise.fill($0, level: 0, label: nil) }
        return ClassLosses(losses: normal[0] < threshold ? [0, 1] : [1, 0], evaluations: 1)
      }
    }
  }
}
