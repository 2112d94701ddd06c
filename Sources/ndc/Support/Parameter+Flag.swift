import NoisedDiffusionClassifiers

extension Parameter {
  /// What the command line calls it.
  var flag: String {
    switch self {
    case .skippedSteps: "--skip-steps"
    case .directory: "--out"
    case .targetRadii: "--target-radius"
    case .classes: "--among"
    case .unconditionalModel: "--unconditional-model"
    case .sigma, .method, .timesteps, .levels, .weighting, .first, .count, .stride, .resume, .samples, .calibration,
      .precisions:
      "--" + rawValue
    }
  }
}
