import Basics
import Foundation

/// ω_t, how much the squared error of a noise level counts (Docs/Mathematics.md, Weightings).
public enum LevelWeighting: Hashable, Sendable {
  /// ω = Δ/s³, from ½ d(s⁻²): the loss is the negative ELBO in nats up to a class-independent constant.
  case elbo
  /// ω = Δ · λ(s) · p(s), EDM's training loss (Karras et al., table 1): λ = (s² + σ_d²)/(s σ_d)², σ_d = 0.5, p the
  /// log-normal density with mean −1.2 and standard deviation 1.2.
  case edm
  /// As `edm` with the density as it was published, exp(−(ln s + 1.2)²/2 · 1.44)/(s·1.2·√(2π)): the exponent is
  /// multiplied by the variance, where a density divides by it.
  case edmReference
  /// ω = Δ.
  case uniform
  /// ω from a calibration, which has one for each of its own levels alone.
  case learned(Calibration)

  /// - Throws: `UsageError` when `learned` has no calibration; the others ignore one.
  public init(_ name: LossWeighting, calibration: Calibration?) throws {
    switch name {
    case .elbo: self = .elbo
    case .edm: self = .edm
    case .edmReference: self = .edmReference
    case .uniform: self = .uniform
    case .learned:
      guard let calibration else { throw UsageError("\(.weighting) learned needs a calibration file") }
      self = .learned(calibration)
    }
  }

  /// ω_t at one level.
  ///
  /// - Throws: `UsageError` when the calibration lacks the level.
  public func weight(at level: NoiseLevel) throws -> Double {
    let s = level.noise.sigma
    let delta = level.spacing
    switch self {
    case .elbo:
      return delta / (s * s * s)
    case .edm:
      return delta * Self.lambda(s) * Self.logNormalDensity(s)
    case .edmReference:
      return delta * Self.lambda(s) * Self.publishedDensity(s)
    case .uniform:
      return delta
    case .learned(let calibration):
      guard let weight = calibration.weight(at: level.noise) else {
        throw UsageError("the calibration has no weight for the noise level \(s)")
      }
      return weight
    }
  }

  /// The share of a level's noise that is added to the image: 1 unless a calibration names another.
  package func amplitude(at noise: ModelNoise) -> Double {
    if case .learned(let calibration) = self { calibration.amplitude(at: noise) } else { 1 }
  }

  private static let sigmaData = 0.5
  private static let mean = -1.2
  private static let standardDeviation = 1.2

  /// λ(s) = (s² + σ_d²)/(s σ_d)².
  package static func lambda(_ s: Double) -> Double {
    (s * s + sigmaData * sigmaData) / (s * sigmaData * (s * sigmaData))
  }

  /// p(s), the density of exp(N(−1.2, 1.2²)).
  package static func logNormalDensity(_ s: Double) -> Double {
    let z = (log(s) - mean) / standardDeviation
    return exp(-z * z / 2) / (s * standardDeviation * (2 * Double.pi).squareRoot())
  }

  /// What the published code evaluates in place of p(s).
  package static func publishedDensity(_ s: Double) -> Double {
    let deviation = log(s) - mean
    return exp(-deviation * deviation / 2 * (standardDeviation * standardDeviation))
      / (s * standardDeviation * (2 * Double.pi).squareRoot())
  }
}
