import Basics
import Runs
import Testing

@Suite struct ClassificationRunTests {
  static func report(
    count: Int, sigma: PixelNoise?, threads: Int = 1, batch: Int = 8, classifier: ToyClassifier = ToyClassifier()
  ) async throws -> ClassificationReport {
    try await ClassificationRun(
      executor: VoteExecutor(base: classifier, sigma: sigma, threads: threads, batch: batch), seed: 1,
      images: ToyRun.image)(Array(0..<count))
  }

  @Test("Clean images are classified by their values")
  func clean() async throws {
    let report = try await Self.report(count: 7 * 30, sigma: nil)
    #expect(report.images.map(\.index) == Array(0..<210))
    // Pixels 0, 1/2 and 1 lie on the three points; the classifier's own noise has a standard deviation of 0.1.
    for image in report.images where image.index % 7 % 3 == 0 {
      #expect(image.predicted == image.index % 7 / 3)
    }
    #expect(report.correct == report.images.count { $0.predicted == $0.index % 3 })
    #expect(report.evaluations == 5 * 210)
  }

  @Test("Predictions are the same whatever the threads and batches", arguments: [(1, 1), (2, 1), (2, 64), (3, 5)])
  func determinism(threads: Int, batch: Int) async throws {
    let reference = try await Self.report(count: 300, sigma: PixelNoise(0.3))
    let report = try await Self.report(count: 300, sigma: PixelNoise(0.3), threads: threads, batch: batch)
    #expect(report.images == reference.images)
    let clean = try await Self.report(count: 300, sigma: nil)
    #expect(clean.images != reference.images)
  }

  @Test("An image without numbers is wrong and counted")
  func invalid() async throws {
    let report = try await Self.report(
      count: 70, sigma: nil, classifier: ToyClassifier(isInvalid: { $0[0] == -1 }))
    #expect(report.invalid == 10)
    #expect(report.images.filter { $0.predicted == nil }.allSatisfy { !$0.correct && $0.index % 7 == 0 })
    #expect(report.table.contains("invalid (NaN)  10"))
  }

  /// SciPy: binomtest(6, 21).proportion_ci(method="exact").
  @Test("The interval is SciPy's exact one")
  func interval() async throws {
    let report = try await Self.report(count: 21, sigma: nil)
    #expect(report.correct == 6)
    #expect(abs(report.interval.lower - 0.11280940392187096) < 1e-9)
    #expect(abs(report.interval.upper - 0.5217511182471136) < 1e-9)
  }

  @Test("An interrupted run has shown what it had")
  func interrupted() async throws {
    let shown = Mutex(0)
    let canceller = Mutex<Task<Void, any Error>?>(nil)
    let task = Task {
      while canceller.withLock({ $0 == nil }) { await Task.yield() }
      let classifier = ToyClassifier(onVote: { if $0 == 200 { canceller.withLock { $0?.cancel() } } })
      _ = try await ClassificationRun(
        executor: VoteExecutor(base: classifier, sigma: nil, threads: 1, batch: 8), seed: 1, images: ToyRun.image
      )(Array(0..<1000)) { report in shown.withLock { $0 = report.images.count } }
    }
    canceller.withLock { $0 = task }
    #expect(await message(of: Interrupted.self) { try await task.value } == "interrupted after 128 of 1000 images")
    #expect(shown.withLock { $0 } == 128)
  }
}
