import Basics
import Diffusion

/// APNDC, the approximated-posterior classifier of an input x_τ that is already noisy at σ_τ (Docs/Mathematics.md,
/// APNDC).
///
/// x̂ = D(x_τ; σ_τ, none) once, then L_y = Σ_t ω_t ‖D(x_t; s_t, y) − x̂‖² over s_t ≥ σ_τ.
public struct ApproximatePosteriorClassifier: LossClassifier {
  /// How x_t is drawn.
  public enum Sampling: Hashable, Sendable {
    /// `apndc`: x_t = x̂ + s_t ε, the one behind the headline result.
    case aroundReconstruction
    /// `apndc-posterior`: x_t = x_τ + √(s_t² − σ_τ²)·ε.
    case fromInput
  }

  public let plan: EvaluationPlan

  /// - Parameters:
  ///   - denoiser: must answer without a label.
  ///   - smoothing: σ_τ > 0.
  ///   - grid: a generated grid begins at σ_τ; an explicit one is taken as it is.
  /// - Throws: `InputError` when the denoiser always needs a label or `fromInput` meets a level below σ_τ;
  ///   `UsageError` when σ_τ, the weighting or the policy does not fit.
  public init(
    denoiser: any Denoiser, smoothing: ModelNoise, sampling: Sampling = .aroundReconstruction, grid: NoiseGrid,
    weighting: LevelWeighting, sharing: NoiseSharing = .shared, elimination: Elimination = .none
  ) throws {
    let anchor: LossAnchor
    let terms: [LossTerm]
    switch sampling {
    case .aroundReconstruction:
      anchor = .reconstruction(smoothing)
      terms = try LossPlan.diffusion(grid.levels, weighting: weighting)
    case .fromInput:
      anchor = .inputAimingAtReconstruction(smoothing)
      terms = try LossPlan.posterior(grid.levels, above: smoothing, weighting: weighting)
    }
    plan = try EvaluationPlan(
      denoiser: denoiser, smoothing: smoothing, terms: terms, anchor: anchor, sharing: sharing, elimination: elimination
    )
  }
}
