import Basics
import Diffusion

/// `denoise-classify`: denoise x_τ once, x̂ = D(x_τ; σ_τ, none), then DC on x̂ as if it were clean (Carlini et al.,
/// *(Certified!!) Adversarial Robustness for Free!*, arXiv 2206.10550, with DC as the classifier).
///
/// Unlike APNDC its grid begins at DC's s_min, not at σ_τ.
public struct DenoiseThenClassify: LossClassifier {
  public let plan: EvaluationPlan

  /// - Parameters:
  ///   - denoiser: must answer without a label.
  ///   - smoothing: σ_τ > 0.
  ///   - grid: a generated grid begins at `NoiseGrid.cleanStart`.
  /// - Throws: `InputError` when the denoiser always needs a label; `UsageError` when σ_τ, the weighting or the policy
  ///   does not fit.
  public init(
    denoiser: any Denoiser, smoothing: ModelNoise, grid: NoiseGrid, weighting: LossWeighting,
    calibration: Calibration? = nil, sharing: NoiseSharing = .shared, elimination: Elimination = .none
  ) throws {
    let terms = try LossPlan.diffusion(grid.levels, weighting: weighting, calibration: calibration)
    plan = try EvaluationPlan(
      denoiser: denoiser, smoothing: smoothing, terms: terms, anchor: .reconstruction(smoothing), sharing: sharing,
      elimination: elimination)
  }
}
