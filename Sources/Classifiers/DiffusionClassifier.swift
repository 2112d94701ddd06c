import Basics
import Diffusion

/// DC, the diffusion classifier of a clean input x: L_y = Σ_t ω_t E_ε ‖D(x + s_t ε; s_t, y) − x‖² (Docs/Mathematics.md,
/// DC).
public struct DiffusionClassifier: LossClassifier {
  public let plan: EvaluationPlan

  /// - Parameters:
  ///   - smoothing: σ_τ of the images it will be shown, which changes nothing about it; nil for clean ones.
  ///   - grid: a generated grid begins at `NoiseGrid.cleanStart`.
  /// - Throws: `UsageError` when the weighting or the policy does not fit the grid.
  public init(
    denoiser: any Denoiser, smoothing: ModelNoise? = nil, grid: NoiseGrid, weighting: LevelWeighting,
    sharing: NoiseSharing = .shared, elimination: Elimination = .none
  ) throws {
    let terms = try LossPlan.diffusion(grid.levels, weighting: weighting)
    plan = try EvaluationPlan(
      denoiser: denoiser, smoothing: smoothing, terms: terms, anchor: .input, sharing: sharing, elimination: elimination
    )
  }
}
