import Basics

/// One level of a grid at which a denoiser's error is measured (Docs/Mathematics.md, The noise grid).
public struct NoiseLevel: Hashable, Sendable {
  /// t, the point's 0-based index in its grid; the classifier's own noise for this level is row t.
  public var row: Int
  /// s_t, in model space.
  public var noise: ModelNoise
  /// Δ_t, the grid spacing s_{t+1} − s_t, in model space.
  public var spacing: Double

  public init(row: Int, noise: ModelNoise, spacing: Double) {
    self.row = row
    self.noise = noise
    self.spacing = spacing
  }
}

/// One step of EPNDC, from s_{t+1} down to s_t (Docs/Mathematics.md, EPNDC).
public struct NoiseStep: Hashable, Sendable {
  /// The level s_t with its spacing Δ_t; its row is the step's noise row.
  public var lower: NoiseLevel
  /// s_{t+1} > s_t, where the denoiser is evaluated.
  public var upper: ModelNoise

  public init(lower: NoiseLevel, upper: ModelNoise) {
    self.lower = lower
    self.upper = upper
  }
}
