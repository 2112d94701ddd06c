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

  /// Labels that the errors do not tell: accuracy beyond chance is what fitting makes up.
  @Test func `cross-fitting reports chance where there is nothing to learn, and the fitted votes themselves do not`() {
    let classes = 4
    var right = 0
    var rightOfFitted = 0.0
    var votes = 0
    for seed in 0..<30 as Range<UInt64> {
      let samples = Self.samples(40, weights: [0, 0, 0, 0, 0, 0], classes: classes, seed: 100 + seed)
      let score = CrossFit(levels: [3, 0, 5, 1, 2, 4], samples: samples).score(share: 0.01)
      right += score.correct
      votes += score.votes
      let fit = WeightFit(levels: [3, 0, 5, 1, 2, 4], samples: samples)
      let race = RaceCalibration(levels: fit.levels, weights: fit.weights, samples: samples, share: 0.01)
      rightOfFitted += race.accuracy * 40
    }
    #expect(votes == 1200)
    // 300 is chance; five standard deviations are 75.
    #expect(abs(right - 300) < 75, "\(right)")
    #expect(rightOfFitted > 375, "\(rightOfFitted)")
  }

  @Test func `cross-fitting judges every vote once, and finds what there is to find`() {
    let samples = Self.samples(603, weights: [2, 1], seed: 8)
    let score = CrossFit(levels: [0, 1], samples: samples).score(share: 0.01)
    let careful = CrossFit(levels: [0, 1], samples: samples).score(share: 0)
    #expect(score.votes == 603 && score.fullCorrect == careful.fullCorrect)
    let best = samples.count { sample in
      let losses = (0..<4).map { 2 * sample.errors.values[$0] + sample.errors.values[4 + $0] }
      return losses.firstIndex(of: losses.min() ?? 0) == sample.label
    }
    // No rule is right more often than the one the labels were drawn with, but by chance.
    #expect(abs(score.fullCorrect - best) < 25, "\(score.fullCorrect) against \(best)")
    #expect(score.evaluations <= careful.evaluations && careful.evaluations < 603 * 8)
    #expect(score.evaluations >= 603 * 4)
    #expect(CrossFit(levels: [0], samples: Array(samples[..<2])).score(share: 0).votes == 2)
  }

  @Test func `a fit measured on the samples it came from gives its own figures, wherever the grid holds its levels`() {
    let samples = Self.samples(200, weights: [0.8, 0, 0.3], seed: 4)
    let fit = WeightFit(levels: [2, 0], samples: samples)
    let swapped = samples.map { sample in
      let e = sample.errors.values
      return CalibrationSample(
        errors: LevelErrors(classCount: 4, values: Array(e[0..<4]) + Array(e[8..<12]), evaluations: 0),
        label: sample.label)
    }
    let measured = fit.measured(on: swapped, at: [1, 0])
    #expect(measured.weights == fit.weights && measured.levels == fit.levels && measured.accuracy == fit.accuracy)
    #expect(abs(measured.negativeLogLikelihood - fit.negativeLogLikelihood) < 1e-12)
    let other = fit.measured(on: Self.samples(200, weights: [0.8, 0, 0.3], seed: 5), at: [2, 0])
    #expect(other.negativeLogLikelihood != fit.negativeLogLikelihood)
  }
}
