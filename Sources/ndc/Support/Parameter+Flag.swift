import NoisedDiffusionClassifiers

extension Parameter {
  /// What the command line calls it.
  var flag: String {
    switch self {
    case .skippedSteps: "--skip-steps"
    case .directory: "--out"
    case .targetRadii: "--target-radius"
    case .classes: "--among"
    case .classCount: "--classes"
    case .unconditionalModel: "--unconditional-model"
    case .imageShape: "--image-shape"
    case .rows: "--batch"
    case .sigma, .method, .timesteps, .levels, .weighting, .first, .count, .stride, .resume, .samples, .claim,
      .calibration, .precisions, .connections, .patience, .shard, .mirror:
      "--" + rawValue
    }
  }
}
