/// Seeds nobody can know beforehand.
public enum SystemSeed {
  /// 64 bits from the system's cryptographic generator.
  ///
  /// For `predict`, which records it: whoever knows the noise in advance can search for an input on which the
  /// estimate fails (Docs/Mathematics.md, Randomness and streams).
  public static func draw() -> UInt64 {
    var generator = SystemRandomNumberGenerator()
    return generator.next()
  }
}
