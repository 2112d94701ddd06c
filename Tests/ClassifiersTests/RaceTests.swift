import Basics
import Classifiers
import Diffusion
import Foundation
import TestSupport
import Testing

@Suite struct RaceTests {
  /// Squared errors 1, 4, 1.5625 and 25 at each of four levels of weight 1.
  private static let denoiser = FixedDenoiser(answers: [1, 2, 1.25, 5])

  private func losses(_ race: Race, _ denoiser: FixedDenoiser = denoiser) throws -> ClassLosses {
    try DiffusionClassifier(
      denoiser: denoiser, grid: try NoiseGrid(points: [1, 2, 3, 4]), weighting: .uniform, elimination: .race(race)
    ).makeWorker().classLosses([ClassifierInput(image: [0], noise: TestNoise(seed: 0))])[0]
  }

  @Test func `a class beyond the margin is dropped, and an infinite margin joins its level to the next`() throws {
    // Class 3 is 24 behind after one level, class 1 is 6 behind after two; the others run to the end.
    #expect(
      try losses(Race(order: [3, 1, 0, 2], rule: .margins([10, 5, .infinity, .infinity])))
        == ClassLosses(losses: [4, .infinity, 6.25, .infinity], evaluations: 4 + 3 + 2 + 2))
    #expect(
      try losses(Race(rule: .margins([.infinity, 10, .infinity, .infinity])))
        == ClassLosses(losses: [4, 16, 6.25, .infinity], evaluations: 4 + 4 + 3 + 3))
  }

  @Test func `a margin reached exactly drops nothing, and the last class left ends the vote`() throws {
    #expect(try losses(Race(rule: .margins([24, 1000, 1000, 1000]))).losses == [4, 16, 6.25, 100])
    #expect(
      try losses(Race(rule: .margins([0, 0, 0, 0])))
        == ClassLosses(losses: [1, .infinity, .infinity, .infinity], evaluations: 4))
  }

  @Test func `halving keeps the better half, rounded up, ties to the lowest class`() throws {
    #expect(
      try losses(Race(rule: .halving)) == ClassLosses(losses: [2, .infinity, .infinity, .infinity], evaluations: 6))
    #expect(
      try losses(Race(rule: .halving), FixedDenoiser(answers: [3, 1, 1, 1, 1]))
        == ClassLosses(losses: [.infinity, 3, .infinity, .infinity, .infinity], evaluations: 5 + 3 + 2))
  }

  @Test(arguments: [Race.Rule.halving, .margins([0.1, 0.1, 0.1, 0.1])])
  func `a class whose loss is NaN is never dropped, so that the vote has no prediction`(rule: Race.Rule) throws {
    let spoiled = try losses(Race(rule: rule), FixedDenoiser(answers: [3, .nan, 1]))
    #expect(spoiled.losses[1].isNaN)
    #expect(spoiled.prediction == nil)
  }

  @Test(arguments: ClassificationMethod.allCases.filter(\.hasLevels))
  func `in ascending order without margins it equals the full classifier bit for bit`(
    method: ClassificationMethod
  ) throws {
    var specification = LossWorkerTests.specification(method)
    let inputs = LossWorkerTests.inputs(5, like: smallMixture())
    let classifier = try specification.makeClassifier(denoiser: smallMixture())
    let count = classifier.levelWeights.count
    for margin in [Double.infinity, 1e300] {
      specification.elimination = .race(
        Race(order: Array(0..<count), rule: .margins([Double](repeating: margin, count: count))))
      #expect(
        try specification.makeClassifier(denoiser: smallMixture()).makeWorker().classLosses(inputs)
          == classifier.makeWorker().classLosses(inputs))
    }
  }

  @Test func `level errors under a classifier's weights are its losses, and any weights' losses come from them`() throws
  {
    for method in ClassificationMethod.allCases.filter(\.hasLevels) {
      var specification = LossWorkerTests.specification(method)
      let inputs = LossWorkerTests.inputs(3, like: smallMixture())
      let classifier = try specification.makeClassifier(denoiser: smallMixture())
      let worker = try #require(try classifier.makeWorker() as? any LossClassifierWorker)
      let errors = try worker.levelErrors(inputs)
      #expect(errors.map { $0.losses(weights: classifier.levelWeights) } == (try worker.classLosses(inputs)))
      specification.weighting = .uniform
      let other = try specification.makeClassifier(denoiser: smallMixture())
      #expect(
        errors.map { $0.losses(weights: other.levelWeights) } == (try other.makeWorker().classLosses(inputs)))
    }
  }

  @Test(arguments: [
    Race(order: [0, 1], rule: .halving), Race(order: [0, 1, 2, 2], rule: .halving),
    Race(order: [1, 2, 3, 4], rule: .halving), Race(rule: .margins([1])), Race(rule: .margins([1, -1, 1, 1])),
    Race(rule: .margins([1, .nan, 1, 1])),
  ])
  func `impossible races are usage errors`(race: Race) {
    #expect(throws: UsageError.self) { try losses(race) }
  }

  @Test(arguments: [
    Elimination.none, .siftAndRefine(SiftAndRefine(siftLevels: 2, siftThreshold: 1)), .race(Race(rule: .halving)),
    .race(Race(order: [1, 0], rule: .margins([0.5, .infinity]))),
  ])
  func `eliminations survive JSON, infinite margins too`(elimination: Elimination) throws {
    #expect(try JSONDecoder().decode(Elimination.self, from: JSONEncoder().encode(elimination)) == elimination)
  }
}
