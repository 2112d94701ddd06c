/// Which way a bound and its radius are rounded to `Double`: versions differ, and a record is checked by its own.
public enum BoundRounding: String, Hashable, Sendable {
  /// As up to version 0.2.0: Clopper–Pearson and Φ⁻¹ to the nearest `Double`, with the radius of σ itself. The mixture
  /// was meant to be rounded down, and was but for a last digit where all trials succeeded.
  case nearest
  /// Never above the exact value, with the radius of the noise as it is drawn: since version 0.3.0.
  case down
}
