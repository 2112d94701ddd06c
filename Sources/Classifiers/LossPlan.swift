import Basics
import Diffusion

/// One summand of a loss: everything the methods (Docs/Mathematics.md, Losses and predictions) differ in at one level.
///
/// With an anchor a (where the noise is added) and a target r of the input, the summand for class y is
/// weight · ‖D(a + amplitude·ε; s, y) − r + shift·ε‖².
package struct LossTerm: Hashable, Sendable {
  /// The row of the classifier's own noise.
  package var row: Int
  /// s, where the denoiser is evaluated.
  package var noise: ModelNoise
  package var amplitude: Double
  package var weight: Double
  package var shift: Double
}

/// The summands of a per-class loss, in ascending order of noise.
package enum LossPlan {
  /// DC, and APNDC around x̂: x_t = a + s_t ε, weight ω_t. Under `learned` weights a level may add a share of its noise
  /// only, or none: ‖D(x̂; s, y) − x̂‖² orders the classes with no Monte-Carlo noise of its own.
  package static func diffusion(_ levels: [NoiseLevel], weighting: LevelWeighting) throws -> [LossTerm] {
    try levels.map { level in
      LossTerm(
        row: level.row, noise: level.noise, amplitude: weighting.amplitude(at: level.noise) * level.noise.sigma,
        weight: try weighting.weight(at: level), shift: 0)
    }
  }

  /// `apndc-posterior`: x_t = x_τ + √(s_t² − σ_τ²)·ε, weight ω_t.
  ///
  /// - Throws: `InputError` for a level below σ_τ, which no noise can reach.
  package static func posterior(
    _ levels: [NoiseLevel], above start: ModelNoise, weighting: LevelWeighting
  ) throws -> [LossTerm] {
    try levels.map { level in
      guard level.noise >= start else {
        throw InputError(
          "apndc-posterior cannot use a level below the smoothing noise", location: "grid[\(level.row)]",
          expected: "at least \(start.sigma)", found: "\(level.noise.sigma)")
      }
      return LossTerm(
        row: level.row, noise: level.noise, amplitude: squareDifference(level.noise, start).squareRoot(),
        weight: try weighting.weight(at: level), shift: 0)
    }
  }

  /// EPNDC's κ_t ‖μ_p − μ_q‖² (Docs/Mathematics.md, EPNDC), rearranged so that nothing cancels.
  ///
  /// Write A = s_{t+1}² − s_t², B = s_t² − σ_τ², C = s_{t+1}² − σ_τ² = A + B and x_{t+1} = x_τ + √C ε. Then
  /// μ_q = x_τ + (B/√C)·ε and μ_p = [A·D + s_t²·(x_τ + √C ε)]/s_{t+1}², and since s_t² C − s_{t+1}² B = σ_τ² A,
  /// μ_p − μ_q = (A/s_{t+1}²)·[D − x_τ + (σ_τ²/√C)·ε]: with κ_t = C/(2BA) the weight is A·C/(2B·s_{t+1}⁴).
  /// A weighting other than `elbo` multiplies it by ω_t·s_t³/Δ_t.
  package static func exactPosterior(
    _ steps: [NoiseStep], start: ModelNoise, weighting: LevelWeighting
  ) throws -> [LossTerm] {
    try steps.map { step in
      let (s, next, tau) = (step.lower.noise.sigma, step.upper.sigma, start.sigma)
      let a = squareDifference(step.upper, step.lower.noise)
      let b = squareDifference(step.lower.noise, start)
      let c = squareDifference(step.upper, start)
      var weight = a * c / (2 * b * (next * next) * (next * next))
      if weighting != .elbo {
        weight *= try weighting.weight(at: step.lower) * s * s * s / step.lower.spacing
      }
      return LossTerm(
        row: step.lower.row, noise: step.upper, amplitude: c.squareRoot(), weight: weight,
        shift: tau * tau / c.squareRoot())
    }
  }

  /// s² − t² without cancellation.
  private static func squareDifference(_ s: ModelNoise, _ t: ModelNoise) -> Double {
    (s.sigma - t.sigma) * (s.sigma + t.sigma)
  }
}
