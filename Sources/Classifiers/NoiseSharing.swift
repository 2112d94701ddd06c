/// Whether the classes of one vote see the same ε (Docs/Mathematics.md, Shared noise). Raw values appear in `run.json`.
public enum NoiseSharing: String, Hashable, Sendable, Codable, CaseIterable {
  /// One ε per level for every class: differences between classes have far smaller variance.
  case shared
  /// An ε of its own for every level and class (`--independent-noise`).
  case independent
}
