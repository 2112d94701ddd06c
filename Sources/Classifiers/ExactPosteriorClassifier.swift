import Basics
import Diffusion

/// EPNDC, the exact-posterior classifier of an input x_τ that is already noisy at σ_τ (Docs/Mathematics.md, EPNDC):
/// L_y = Σ_t κ_t E_ε ‖μ_p − μ_q‖², where −L_y is the class-dependent part of an evidence lower bound of log p_τ(x_τ|y).
///
/// With x_{t+1} = x_τ + √(s_{t+1}² − σ_τ²)·ε,
/// μ_q = [(s_{t+1}² − s_t²)·x_τ + (s_t² − σ_τ²)·x_{t+1}]/(s_{t+1}² − σ_τ²),
/// μ_p = [(s_{t+1}² − s_t²)·D(x_{t+1}; s_{t+1}, y) + s_t²·x_{t+1}]/s_{t+1}² and
/// κ_t = (s_{t+1}² − σ_τ²)/[2(s_t² − σ_τ²)(s_{t+1}² − s_t²)]. Another weighting than `elbo` multiplies κ_t by
/// ω_t·s_t³/Δ_t.
public struct ExactPosteriorClassifier: LossClassifier {
  public let plan: EvaluationPlan

  /// - Parameters:
  ///   - smoothing: σ_τ.
  ///   - grid: a generated grid begins at σ_τ.
  ///   - skippedSteps: the first steps to leave out of a generated grid.
  /// - Throws: `UsageError` when no step is left, or the weighting or the policy does not fit the grid.
  public init(
    denoiser: any Denoiser, smoothing: ModelNoise, grid: NoiseGrid, weighting: LevelWeighting,
    skippedSteps: Int = NoiseGrid.referenceSkippedSteps, sharing: NoiseSharing = .shared,
    elimination: Elimination = .none
  ) throws {
    let terms = try LossPlan.exactPosterior(
      try grid.steps(above: smoothing, skipping: skippedSteps), start: smoothing, weighting: weighting)
    plan = try EvaluationPlan(
      denoiser: denoiser, smoothing: smoothing, terms: terms, anchor: .input, sharing: sharing, elimination: elimination
    )
  }
}
