import Basics
import Diffusion

/// DC, the diffusion classifier of a clean input x: L_y = Σ_t ω_t E_ε ‖D(x + s_t ε; s_t, y) − x‖² (SPEC §3; RDC).
public struct DiffusionClassifier: LossClassifier {
  public let plan: EvaluationPlan

  /// - Parameter grid: a generated grid begins at `NoiseGrid.cleanStart`.
  /// - Throws: `UsageError` when the weighting or the policy does not fit the grid.
  public init(
    denoiser: any Denoiser, grid: NoiseGrid, weighting: LevelWeighting, sharing: NoiseSharing = .shared,
    elimination: Elimination = .none
  ) throws {
    let terms = try LossPlan.diffusion(grid.levels, weighting: weighting)
    plan = try EvaluationPlan(
      denoiser: denoiser, terms: terms, anchor: .input, sharing: sharing, elimination: elimination)
  }
}
