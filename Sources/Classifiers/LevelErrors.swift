/// The squared errors behind one input's losses, without their weights: L_y = Σ_t ω_t·e_t(y).
///
/// What a calibration learns from, and what every weighting's losses can be had from at once.
public struct LevelErrors: Hashable, Sendable {
  /// K.
  public let classCount: Int
  /// e_t(y) = ‖D(x_t; s_t, y) − r‖² in the order [level][class], levels ascending.
  public let values: [Double]
  /// Denoiser evaluations spent (NFE), x̂ included.
  public let evaluations: Int
  /// What each of them answered.
  public let passes: LevelPasses

  public init(classCount: Int, values: [Double], evaluations: Int, passes: LevelPasses = .perClass) {
    precondition(classCount > 0 && values.count % classCount == 0, "one error per level and class")
    self.passes = passes
    self.classCount = classCount
    self.values = values
    self.evaluations = evaluations
  }

  /// T.
  public var levelCount: Int { values.count / classCount }

  /// e_t(y) for every class.
  public func errors(at level: Int) -> ArraySlice<Double> { values[level * classCount..<(level + 1) * classCount] }

  /// The losses under given weights, summed in the order of the levels like a classifier's own.
  public func losses(weights: [Double]) -> ClassLosses {
    precondition(weights.count == levelCount, "one weight per level")
    var losses = [Double](repeating: 0, count: classCount)
    for (level, weight) in weights.enumerated() {
      for label in 0..<classCount { losses[label] += weight * values[level * classCount + label] }
    }
    return ClassLosses(losses: losses, evaluations: evaluations)
  }
}
