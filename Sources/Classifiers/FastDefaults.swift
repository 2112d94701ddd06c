import Basics

/// What the preset fast evaluates on a model that was never calibrated.
public enum FastDefaults {
  /// High noise levels carry most of the class information per evaluation.
  public static let levels: [Double] = [2, 3, 4, 6, 8]
  public static let race = Race(rule: .halving)

  /// The levels at or above σ_τ, which APNDC needs; multiples of σ_τ where it lies above most of them.
  public static func levels(for specification: ClassifierSpecification) -> [Double] {
    let start = specification.smoothing.sigma
    let usable = levels.filter { $0 >= start }
    return usable.count >= 3 ? usable : [1.25, 1.75, 2.5, 3.5].map { $0 * max(start, 1) }
  }
}

extension ClassifierSpecification {
  /// The preset fast: calibrated levels, weights and race where there are any, otherwise a few default levels.
  ///
  /// - Parameter calibrated: what `ndc calibrate` learned for the model; nil for one that was never calibrated.
  public static func fast(
    method: ClassificationMethod = .approximatePosterior, sigma: Double, calibrated: CalibrationTable.Entry? = nil
  ) -> ClassifierSpecification {
    var specification = ClassifierSpecification(method: method, sigma: sigma)
    if let calibrated {
      specification.weighting = .learned
      specification.calibration = calibrated.levels
      specification.symmetry = calibrated.symmetry
      if let race = calibrated.race { specification.elimination = .race(race) }
    } else {
      specification.levels = FastDefaults.levels(for: specification)
      specification.elimination = .race(FastDefaults.race)
    }
    return specification
  }
}
