/// The name of a weighting, as the command line and files have it; what it means is `LevelWeighting`'s.
public enum LossWeighting: String, Hashable, Sendable, Codable, CaseIterable {
  case elbo
  case edm
  case edmReference = "edm-reference"
  case uniform
  /// ω from a calibration file, which also names the levels.
  case learned
}
