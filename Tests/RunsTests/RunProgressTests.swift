import Basics
import Certification
import Classifiers
import Datasets
import Diffusion
import Runs
import Testing

@Suite struct RunProgressTests {
  /// What a run of eight images writes when every look at the clock is `step` seconds after the one before.
  static func output(_ style: RunProgress.Style, step: Double) async throws -> String {
    final class Log: Sendable {
      let text = Mutex("")
      let looks = Mutex(0)
    }
    let log = Log()
    let progress = RunProgress(
      style,
      seconds: {
        log.looks.withLock {
          $0 += 1
          return Double($0) * step
        }
      }, write: { text in log.text.withLock { $0 += text } })
    try await TemporaryFolder.with { folder in
      let run = ToyRun()
      _ = try await run.run(into: try run.directory(folder + "/run"), progress: progress)
    }
    return log.text.withLock { $0 }
  }

  @Test("The bar moves within an image, never exceeds the terminal, and ends full", arguments: [40, 80, 200])
  func bar(width: Int) async throws {
    let bars = try await Self.output(.bar(width: width), step: 1).split(separator: "\r\u{1B}[K")
    #expect(bars.count > 8 * 4)
    #expect(bars.allSatisfy { $0.count <= width + 1 })
    let last = try #require(bars.last)
    #expect(last.contains("100 %  8/8 images") && last.hasSuffix("\n"))
    if width >= 80 {
      #expect(bars.contains { $0.contains("[#") && $0.contains(" left") && $0.contains(" 0/8 images") })
    }
  }

  @Test("Elsewhere there is a line now and then")
  func lines() async throws {
    let lines = try await Self.output(.lines, step: 1).split(separator: "\n")
    #expect((5...12).contains(lines.count))
    #expect(lines.allSatisfy { $0.contains("evaluations/s") && !$0.contains("\u{1B}") })
    // A run of two seconds needs no line at all.
    #expect(try await Self.output(.lines, step: 0.01).isEmpty)
  }

  @Test(
    "A clock that runs backwards, stands still or leaps changes no more than what is shown", arguments: [-1, 0, 1e300])
  func jumps(step: Double) async throws {
    #expect(try await Self.output(.lines, step: step).allSatisfy { $0 != "\u{1B}" })
    let bars = try await Self.output(.bar(width: 80), step: step)
    #expect(bars.contains("8/8 images") && bars.hasSuffix("\n"))
  }

  @Test("Silence is silent")
  func silent() async throws {
    #expect(try await Self.output(.silent, step: 10).isEmpty)
  }

  /// What is written while evaluations go on, with the time in a test's hands.
  private final class Watch: Sendable {
    let time = Guarded(0.0)
    let text = Guarded("")

    func progress(_ style: RunProgress.Style) -> RunProgress {
      RunProgress(style, seconds: { self.time.withLock { $0 } }) { more in self.text.withLock { $0 += more } }
    }
    func wait(_ seconds: Double) { time.withLock { $0 += seconds } }
    var lines: [String] { text.withLock { $0 }.split(separator: "\n").map(String.init) }
  }

  /// 20 images of at most 56 votes of at most 1 939 evaluations.
  private static let plan = WorkPlan(images: 20, votesPerImage: 56, isOpen: true, evaluationsPerVote: 1939)

  @Test("Before the first evaluation has ended there is a rate, and the plan at that rate")
  func beforeTheFirst() async {
    let watch = Watch()
    let progress = watch.progress(.lines)
    await progress.follow(Self.plan) {
      for _ in 0..<9 {
        watch.wait(1)
        progress.advanced(by: 0.0625)
      }
    }
    // Half an evaluation in eight seconds: the other 2 171 679.5 of 20·56·1939 take 34 746 872 s.
    #expect(
      watch.lines == [
        "0 %  0/20 images  0 votes  0 of at most 2171680 evaluations  0.06 evaluations/s  at most 9651:54:32 left"
      ])
  }

  @Test("Without any news there is a line within ten seconds that ends in what is left, then at least one a minute")
  func silence() async {
    let watch = Watch()
    let progress = watch.progress(.lines)
    await progress.follow(Self.plan) {
      for _ in 0..<600 {
        watch.wait(1)
        progress.tick()
        if watch.time.withLock({ $0 }) == 10 { #expect(watch.lines.count == 1) }
      }
    }
    #expect((10...12).contains(watch.lines.count))
    #expect(watch.lines.allSatisfy { $0.hasSuffix(" left") })
  }

  @Test("The bar moves by evaluations within an image, and fits")
  func withinAnImage() async {
    let watch = Watch()
    let progress = watch.progress(.bar(width: 80))
    await progress.follow(WorkPlan(images: 1, votesPerImage: 4, evaluationsPerVote: 1000)) {
      for _ in 0..<8 {
        watch.wait(1)
        progress.evaluated(250)
      }
    }
    let bars = watch.text.withLock { $0 }.components(separatedBy: "\r\u{1B}[K")
    #expect(bars.count == 10 && bars.allSatisfy { $0.count <= 81 && $0.contains(" left") })
    #expect(bars[4].contains("25 %") && bars[4].contains("0/1 images") && bars[4].contains("250 evaluations/s"))
    #expect(bars[4].contains("0:00:12 left"))
  }

  @Test("What is left follows what votes and images took, not what they might")
  func measured() async {
    let watch = Watch()
    let progress = watch.progress(.lines)
    await progress.follow(Self.plan) {
      watch.wait(10)
      progress.evaluated(1000)
      progress.addVotes((0..<10).map { _ in Vote(choice: .label(0), evaluations: 100) })
      progress.finishImage(evaluations: 1000)
      watch.wait(60)
      progress.tick()
    }
    #expect(watch.lines.last == "5 %  1/20 images  10 votes  1000 evaluations  14 evaluations/s  0:22:10 left")
  }

  @Test("A part of an evaluation that was given up is taken back")
  func givenUp() async {
    let watch = Watch()
    let progress = watch.progress(.lines)
    await progress.follow(WorkPlan(evaluations: 10)) {
      progress.advanced(by: 0.75)
      progress.advanced(by: -0.75)
      watch.wait(9)
      progress.tick()
    }
    #expect(watch.lines == ["0 %  0 of 10 evaluations  0 evaluations/s  an unknown time left"])
  }

  @Test("A run's evaluations are counted as they go")
  func counted() async throws {
    let watch = Watch()
    let progress = watch.progress(.lines)
    var specification = ClassifierSpecification(method: .diffusion, sigma: 0.25)
    specification.levels = [0.7, 1.1]
    let mixture = GaussianMixtureDenoiser(
      imageShape: ToyClassifier.shape,
      components: (0..<50).map { .init(label: $0, mean: [Double($0), 0, 0, 0], variance: 1) },
      preferredBatchSize: 4)
    // A second passes in every call: a hundred evaluations are 25 calls, and nothing ends before them.
    let classifier = try specification.makeClassifier(denoiser: Ticking(mixture) { watch.wait(1) })
    let run = PredictionRun(
      executor: try VoteExecutor(base: classifier, sigma: PixelNoise(0.25), threads: 1), sigma: PixelNoise(0.25),
      rule: .predict(try Predict(samples: 1, alpha: 0.5)), seed: 1, progress: progress)
    _ = try await run([LabeledImage(index: 0, pixels: [0, 0, 0, 0], label: nil)])
    let first = try #require(watch.lines.first)
    #expect(first == "32 %  0/1 images  32 of 100 evaluations  4.00 evaluations/s  0:00:17 left")
  }
}

/// Calls a function in every call of another denoiser.
private struct Ticking: Denoiser {
  let base: GaussianMixtureDenoiser
  let tick: @Sendable () -> Void

  init(_ base: GaussianMixtureDenoiser, _ tick: @escaping @Sendable () -> Void) {
    self.base = base
    self.tick = tick
  }

  var imageShape: ImageShape { base.imageShape }
  var classCount: Int { base.classCount }
  var isUnconditionalAvailable: Bool { true }
  var preferredBatchSize: Int { base.preferredBatchSize }
  func makeEvaluator() throws -> any DenoiserEvaluator { Evaluator(base.makeEvaluator(), tick) }

  private final class Evaluator: DenoiserEvaluator {
    let base: any DenoiserEvaluator
    let tick: @Sendable () -> Void
    init(_ base: any DenoiserEvaluator, _ tick: @escaping @Sendable () -> Void) {
      self.base = base
      self.tick = tick
    }

    func denoise(
      _ queries: [DenoiserQuery], inputs: UnsafeBufferPointer<Float>, outputs: UnsafeMutableBufferPointer<Float>
    ) throws {
      tick()
      try base.denoise(queries, inputs: inputs, outputs: outputs)
    }
  }
}
