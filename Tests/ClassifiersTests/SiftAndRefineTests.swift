import Basics
import Classifiers
import Diffusion
import Foundation
import TestSupport
import Testing

/// D(x; s, y) = one number per class: at x = 0 every level's squared error is known by heart.
struct FixedDenoiser: Denoiser {
  var answers: [Float]
  let imageShape = ImageShape(channels: 1, height: 1, width: 1)
  var classCount: Int { answers.count }
  let isUnconditionalAvailable = false
  let preferredBatchSize = 4
  func makeEvaluator() -> any DenoiserEvaluator { Evaluator(answers: answers) }

  final class Evaluator: DenoiserEvaluator {
    let answers: [Float]
    init(answers: [Float]) { self.answers = answers }

    func denoise(
      _ queries: [DenoiserQuery], inputs: UnsafeBufferPointer<Float>, outputs: UnsafeMutableBufferPointer<Float>
    ) {
      for (place, query) in queries.enumerated() { outputs[place] = query.label.map { answers[$0] } ?? .nan }
    }
  }
}

@Suite struct SiftAndRefineTests {
  /// Squared errors 1, 4, 1.5625 and 25 at each of four levels of weight 1.
  private static let denoiser = FixedDenoiser(answers: [1, 2, 1.25, 5])

  private func losses(_ policy: SiftAndRefine, _ denoiser: FixedDenoiser = denoiser) throws -> ClassLosses {
    try DiffusionClassifier(
      denoiser: denoiser, grid: try NoiseGrid(points: [1, 2, 3, 4]), weighting: .uniform,
      elimination: .siftAndRefine(policy)
    ).makeWorker().classLosses([ClassifierInput(image: [0], noise: TestNoise(seed: 0))])[0]
  }

  /// Losses after dropping, and evaluations: sift levels are 1 and 3, and refining does not repeat them.
  @Test func `drops the classes that fall behind and keeps the others`() throws {
    // After the first sift level class 3 is 24 behind; no other is ever more than 10 behind.
    #expect(
      try losses(SiftAndRefine(siftLevels: 2, siftThreshold: 10))
        == ClassLosses(losses: [4, 16, 6.25, .infinity], evaluations: 4 + 3 + 3 * 2))
    // Refining, class 1 is 3 behind after one level, 6 after two, with level 1 already known.
    #expect(
      try losses(SiftAndRefine(siftLevels: 2, siftThreshold: 10, refineThreshold: 5))
        == ClassLosses(losses: [4, .infinity, 6.25, .infinity], evaluations: 4 + 3 + 3 + 2))
    // Only refining: class 3 falls after level 0, class 1 after level 1.
    #expect(
      try losses(SiftAndRefine(siftLevels: 0, siftThreshold: 0, refineThreshold: 5))
        == ClassLosses(losses: [4, .infinity, 6.25, .infinity], evaluations: 4 + 3 + 2 + 2))
  }

  @Test func `a threshold reached exactly drops nothing`() throws {
    #expect(
      try losses(SiftAndRefine(siftLevels: 1, siftThreshold: 24)).losses == [4, 16, 6.25, 100])
  }

  @Test func `ends when one class is left`() throws {
    #expect(
      try losses(SiftAndRefine(siftLevels: 2, siftThreshold: 0.1))
        == ClassLosses(losses: [1, .infinity, .infinity, .infinity], evaluations: 4))
  }

  @Test func `a tie keeps both, and NaN is never dropped`() throws {
    #expect(
      try losses(SiftAndRefine(siftLevels: 2, siftThreshold: 0), FixedDenoiser(answers: [3, 1, 1])).losses
        == [.infinity, 4, 4])
    let spoiled = try losses(
      SiftAndRefine(siftLevels: 2, siftThreshold: 0.1), FixedDenoiser(answers: [3, .nan, 1]))
    #expect(spoiled.losses[0] == .infinity && spoiled.losses[1].isNaN && spoiled.losses[2] == 4)
    #expect(spoiled.prediction == nil)
  }

  @Test(arguments: ClassificationMethod.allCases.filter(\.hasLevels), [0, 1, 3])
  func `with infinite thresholds it equals the full classifier bit for bit`(
    method: ClassificationMethod, siftLevels: Int
  ) throws {
    var specification = LossWorkerTests.specification(method)
    let inputs = LossWorkerTests.inputs(5, like: smallMixture())
    let full = try specification.makeClassifier(denoiser: smallMixture()).makeWorker().classLosses(inputs)
    specification.elimination = .siftAndRefine(SiftAndRefine(siftLevels: siftLevels, siftThreshold: .infinity))
    #expect(
      try specification.makeClassifier(denoiser: smallMixture()).makeWorker().classLosses(inputs) == full)
    // Dropping a level at a time, but with thresholds nothing reaches.
    specification.elimination = .siftAndRefine(
      SiftAndRefine(siftLevels: siftLevels, siftThreshold: 1e300, refineThreshold: 1e300))
    #expect(
      try specification.makeClassifier(denoiser: smallMixture()).makeWorker().classLosses(inputs) == full)
  }

  @Test func `saves evaluations, and survivors keep the losses of the full classifier`() throws {
    var specification = LossWorkerTests.specification(.approximatePosterior)
    let denoiser = WatchedDenoiser(smallMixture(batch: 4))
    let inputs = LossWorkerTests.inputs(40, like: smallMixture())
    let full = try specification.makeClassifier(denoiser: smallMixture()).makeWorker().classLosses(inputs)
    specification.elimination = .siftAndRefine(SiftAndRefine(siftLevels: 3, siftThreshold: 1))
    let sifted = try specification.makeClassifier(denoiser: denoiser).makeWorker().classLosses(inputs)
    let evaluations = sifted.reduce(0) { $0 + $1.evaluations }
    #expect(evaluations < full.reduce(0) { $0 + $1.evaluations } * 9 / 10)
    var survivors = 0
    for (a, b) in zip(sifted, full) where a.losses.count(where: { $0.isFinite }) > 1 {
      for (kept, exact) in zip(a.losses, b.losses) where kept.isFinite {
        #expect(kept == exact)
        survivors += 1
      }
    }
    #expect(survivors > 10)
    let agreeing = zip(sifted, full).count { $0.prediction == $1.prediction }
    #expect(agreeing >= 38)
    // Packed across inputs: x̂, three sift rounds and the refinement each leave one partial batch at most.
    #expect(denoiser.batches.withLock { $0.count { $0 < 4 } } <= 5)
  }

  @Test(arguments: [
    SiftAndRefine(siftLevels: 5, siftThreshold: 1), SiftAndRefine(siftLevels: -1, siftThreshold: 1),
    SiftAndRefine(siftLevels: 1, siftThreshold: -1), SiftAndRefine(siftLevels: 1, siftThreshold: .nan),
    SiftAndRefine(siftLevels: 1, siftThreshold: 1, refineThreshold: -0.5),
  ])
  func `impossible policies are usage errors`(policy: SiftAndRefine) {
    #expect(throws: UsageError.self) { try losses(policy) }
  }

  @Test(arguments: [
    SiftAndRefine(siftLevels: 4, siftThreshold: 1.5), SiftAndRefine(siftLevels: 0, siftThreshold: .infinity),
    SiftAndRefine(siftLevels: 2, siftThreshold: 0, refineThreshold: 3),
  ])
  func `policies survive JSON, infinite thresholds too`(policy: SiftAndRefine) throws {
    #expect(try JSONDecoder().decode(SiftAndRefine.self, from: JSONEncoder().encode(policy)) == policy)
  }
}
