import Foundation

/// The weights ω_t ≥ 0 under which softmax(−Σ_t ω_t·e_t(y)) predicts the labels best: the minimum of the mean negative
/// log-likelihood, which is convex in ω (multinomial logistic regression with one coefficient per level), plus a small
/// quadratic penalty that keeps it unique.
///
/// Losses under these weights are in nats of calibrated log-odds.
public struct WeightFit: Hashable, Sendable {
  /// Places of the levels in the samples' grid.
  public let levels: [Int]
  /// ω, one per entry of `levels`.
  public let weights: [Double]
  /// Mean negative log-likelihood of the labels in nats, without the penalty.
  public let negativeLogLikelihood: Double
  /// Share of the samples whose label has the smallest loss.
  public let accuracy: Double

  /// Penalty on the weights in units of each level's scale.
  static let penalty = 1e-4
  static let iterations = 400

  /// Fits the weights of some levels by accelerated projected gradient descent with backtracking (Beck & Teboulle 2009).
  ///
  /// - Precondition: at least one sample and one level.
  public init(levels: [Int], samples: [CalibrationSample]) {
    precondition(!levels.isEmpty && !samples.isEmpty, "something to fit")
    let problem = Problem(levels: levels, samples: samples)
    var w = [Double](repeating: 1 / Double(levels.count), count: levels.count)
    var momentum = w
    var t = 1.0
    var step = 1.0
    for _ in 0..<Self.iterations {
      let (value, gradient) = problem.evaluate(momentum)
      var next = w
      while true {
        next = zip(momentum, gradient).map { max(0, $0 - step * $1) }
        let moved = zip(next, momentum).map(-)
        let linear = zip(gradient, moved).reduce(0) { $0 + $1.0 * $1.1 }
        let square = moved.reduce(0) { $0 + $1 * $1 }
        if problem.evaluate(next).value <= value + linear + square / (2 * step) || step < 1e-12 { break }
        step /= 2
      }
      let nextT = (1 + (1 + 4 * t * t).squareRoot()) / 2
      let change = zip(next, w).map(-)
      momentum = zip(next, change).map { max(0, $0 + (t - 1) / nextT * $1) }
      // A momentum that points uphill is dropped (O'Donoghue & Candès 2015).
      if zip(gradient, change).reduce(0, { $0 + $1.0 * $1.1 }) > 0 { momentum = next } else { t = nextT }
      w = next
      if change.allSatisfy({ abs($0) < 1e-9 }) { break }
    }
    self.levels = levels
    weights = zip(w, problem.scales).map { $0 / $1 }
    (negativeLogLikelihood, accuracy) = problem.score(w)
  }

  private init(levels: [Int], weights: [Double], negativeLogLikelihood: Double, accuracy: Double) {
    self.levels = levels
    self.weights = weights
    self.negativeLogLikelihood = negativeLogLikelihood
    self.accuracy = accuracy
  }

  /// The same weights, measured on other samples, whose grid holds level i at `places[i]`.
  ///
  /// - Precondition: at least one sample and one place per level.
  public func measured(on samples: [CalibrationSample], at places: [Int]) -> WeightFit {
    precondition(places.count == levels.count, "a place per level")
    let problem = Problem(levels: places, samples: samples)
    let score = problem.score(zip(weights, problem.scales).map { $0 * $1 })
    return WeightFit(
      levels: levels, weights: weights, negativeLogLikelihood: score.negativeLogLikelihood, accuracy: score.accuracy)
  }

  /// The samples' errors at the chosen levels, relative to their mean over the classes and to the level's scale.
  private struct Problem {
    var scales: [Double]
    /// [sample][level][class].
    var features: [[Double]]
    var labels: [Int]
    var classCount: Int

    init(levels: [Int], samples: [CalibrationSample]) {
      classCount = samples[0].errors.classCount
      labels = samples.map(\.label)
      features = samples.map { sample in
        levels.flatMap { level in
          let errors = sample.errors.errors(at: level)
          let mean = errors.reduce(0, +) / Double(errors.count)
          return errors.map { $0 - mean }
        }
      }
      scales = []
      for place in levels.indices {
        var square = 0.0
        for row in features {
          for label in 0..<classCount { square += row[place * classCount + label] * row[place * classCount + label] }
        }
        scales.append(max((square / Double(features.count * classCount)).squareRoot(), 1e-300))
      }
      for row in features.indices {
        for place in levels.indices {
          for label in 0..<classCount { features[row][place * classCount + label] /= scales[place] }
        }
      }
    }

    private func losses(_ row: [Double], _ w: [Double]) -> [Double] {
      var losses = [Double](repeating: 0, count: classCount)
      for (place, weight) in w.enumerated() {
        for label in 0..<classCount { losses[label] += weight * row[place * classCount + label] }
      }
      return losses
    }

    func evaluate(_ w: [Double]) -> (value: Double, gradient: [Double]) {
      var value = 0.0
      var gradient = [Double](repeating: 0, count: w.count)
      for (row, label) in zip(features, labels) {
        let losses = losses(row, w)
        let smallest = losses.min() ?? 0
        let exponentials = losses.map { exp(smallest - $0) }
        let total = exponentials.reduce(0, +)
        value += losses[label] - smallest + log(total)
        for place in w.indices {
          var expected = 0.0
          for other in 0..<classCount { expected += exponentials[other] * row[place * classCount + other] }
          gradient[place] += row[place * classCount + label] - expected / total
        }
      }
      let count = Double(features.count)
      return (
        value / count + WeightFit.penalty / 2 * w.reduce(0) { $0 + $1 * $1 },
        zip(gradient, w).map { $0 / count + WeightFit.penalty * $1 }
      )
    }

    func score(_ w: [Double]) -> (negativeLogLikelihood: Double, accuracy: Double) {
      var right = 0
      for (row, label) in zip(features, labels) {
        let losses = losses(row, w)
        if losses.indices.min(by: { losses[$0] < losses[$1] }) == label { right += 1 }
      }
      let penalty = WeightFit.penalty / 2 * w.reduce(0) { $0 + $1 * $1 }
      return (evaluate(w).value - penalty, Double(right) / Double(features.count))
    }
  }
}
