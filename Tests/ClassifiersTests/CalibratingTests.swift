import Classifiers
import Foundation
import TestSupport
import Testing

@Suite struct CalibratingTests {
  /// Samples whose labels are drawn from softmax(−Σ ω·e), e(y) uniform in 0 … 4.
  private static func samples(_ count: Int, weights: [Double], classes: Int = 4, seed: UInt64) -> [CalibrationSample] {
    var generator = SplitMix64(state: seed)
    return (0..<count).map { _ in
      let errors = (0..<weights.count * classes).map { _ in 4 * generator.unit() }
      let scores = (0..<classes).map { label in
        exp(-weights.indices.reduce(0) { $0 + weights[$1] * errors[$1 * classes + label] })
      }
      var place = generator.unit() * scores.reduce(0, +)
      let label = scores.firstIndex { score in
        place -= score
        return place < 0
      }
      return CalibrationSample(
        errors: LevelErrors(classCount: classes, values: errors, evaluations: 0), label: label ?? classes - 1)
    }
  }

  /// The mean negative log-likelihood, written independently of the code under test.
  private static func cost(_ samples: [CalibrationSample], _ levels: [Int], _ weights: [Double]) -> Double {
    samples.reduce(0) { total, sample in
      let losses = (0..<sample.errors.classCount).map { label in
        zip(levels, weights).reduce(0) { $0 + $1.1 * Array(sample.errors.errors(at: $1.0))[label] }
      }
      return total + losses[sample.label] + log(losses.reduce(0) { $0 + exp(-$1) })
    } / Double(samples.count)
  }

  @Test func `the fit finds the weights the labels were drawn with`() {
    let truth = [1.5, 0, 0.6]
    let samples = Self.samples(20_000, weights: truth, seed: 3)
    let fit = WeightFit(levels: [0, 1, 2], samples: samples)
    // The standard error of a weight is about 0.014 here.
    for (found, drawn) in zip(fit.weights, truth) { #expect(abs(found - drawn) < 0.06) }
    #expect(abs(fit.negativeLogLikelihood - Self.cost(samples, fit.levels, fit.weights)) < 1e-9)
  }

  @Test func `no change of a weight lowers the cost`() {
    let samples = Self.samples(400, weights: [0.8, 0.3], seed: 4)
    let fit = WeightFit(levels: [1, 0], samples: samples)
    let best = Self.cost(samples, fit.levels, fit.weights)
    for place in 0..<2 {
      for step in [-0.02, 0.02] {
        var moved = fit.weights
        moved[place] = max(0, moved[place] + step)
        #expect(Self.cost(samples, fit.levels, moved) > best - 1e-6)
      }
    }
  }

  @Test func `a level that tells nothing is not chosen, and the most telling one comes first`() {
    let choice = LevelChoice(samples: Self.samples(4000, weights: [0.4, 0, 1.5, 0], seed: 5), most: 4)
    #expect(choice.fit.levels == [2, 0])
    #expect(choice.steps.map(\.levels.count) == [1, 2])
    #expect(choice.steps[1].negativeLogLikelihood < choice.steps[0].negativeLogLikelihood)
    #expect(LevelChoice(samples: Self.samples(500, weights: [1, 1], seed: 6), most: 1).steps.count == 1)
  }

  @Test(arguments: [0, 0.01, 0.2])
  func `a race loses no more of the votes it learned from than it may`(share: Double) {
    let weights = [1.5, 0.9, 0.9]
    let samples = Self.samples(1000, weights: weights, seed: 7)
    let result = RaceCalibration(levels: [0, 1, 2], weights: weights, samples: samples, share: share)
    // Dropping a rival may also win a vote that the full classifier gets wrong, so accuracy may rise.
    #expect(result.accuracy >= result.fullAccuracy - share - 1e-12)
    #expect(result.evaluationsPerVote < 12)
    if share == 0.2 {
      let careful = RaceCalibration(levels: [0, 1, 2], weights: weights, samples: samples, share: 0)
      #expect(result.evaluationsPerVote < careful.evaluationsPerVote)
      #expect(result.accuracy < careful.fullAccuracy)
    }
  }
}
