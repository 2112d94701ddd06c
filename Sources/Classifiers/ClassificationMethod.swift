/// The base classifiers of Docs/Mathematics.md, Losses and predictions. Raw values are the command line's.
public enum ClassificationMethod: String, Hashable, Sendable, Codable, CaseIterable {
  case approximatePosterior = "apndc"
  case approximatePosteriorFromInput = "apndc-posterior"
  case exactPosterior = "epndc"
  case diffusion = "dc"
  case denoiseThenClassify = "denoise-classify"
  /// No diffusion at all: an ordinary classifier's logits (Cohen et al., arXiv 1902.02918).
  case classifier

  /// Whether x̂ = D(x_τ; σ_τ, none) is computed, which takes a denoiser that answers without a label.
  public var needsUnconditional: Bool {
    switch self {
    case .approximatePosterior, .approximatePosteriorFromInput, .denoiseThenClassify: true
    case .exactPosterior, .diffusion, .classifier: false
    }
  }

  /// Whether classes are scored by a denoiser's errors, which levels, weights and calibrations are for.
  public var hasLevels: Bool { self != .classifier }

  /// Whether the noise of a level is added to the denoiser's own target (the image, or x̂), so that a level may also add
  /// less of it; the others start from x_τ, whose noise is there already.
  public var addsNoiseAroundEstimate: Bool {
    switch self {
    case .approximatePosterior, .diffusion, .denoiseThenClassify: true
    case .approximatePosteriorFromInput, .exactPosterior, .classifier: false
    }
  }

  /// Whether its generated grid begins at σ_τ; the others begin at s_min = 1e-4.
  public var gridBeginsAtSmoothing: Bool {
    switch self {
    case .approximatePosterior, .approximatePosteriorFromInput, .exactPosterior: true
    case .diffusion, .denoiseThenClassify, .classifier: false
    }
  }
}
