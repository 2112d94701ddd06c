/// A smoothing noise σ or an L2 distance in pixels, where an image spans [0, 1] (Docs/Mathematics.md, Spaces and
/// units). Every user-facing number.
public struct PixelNoise: Hashable, Sendable {
  public var sigma: Double
  public init(_ sigma: Double) { self.sigma = sigma }
  /// The same noise where images span [−1, 1]: x = 2·pixels − 1 doubles every distance.
  public var inModelSpace: ModelNoise { ModelNoise(2 * sigma) }
}

/// A noise level in model space, where an image spans [−1, 1]: σ_τ and every s of the diffusion.
public struct ModelNoise: Hashable, Sendable, Comparable {
  public var sigma: Double
  public init(_ sigma: Double) { self.sigma = sigma }
  public var inPixels: PixelNoise { PixelNoise(sigma / 2) }
  public static func < (left: ModelNoise, right: ModelNoise) -> Bool { left.sigma < right.sigma }
}

/// The change of space x = 2·pixels − 1, computed in float.
public enum ModelSpace {
  public static func fromPixels(_ value: Float) -> Float { 2 * value - 1 }
  public static func toPixels(_ value: Float) -> Float { (value + 1) / 2 }
  public static func fromPixels(_ values: [Float]) -> [Float] { values.map { 2 * $0 - 1 } }
  public static func toPixels(_ values: [Float]) -> [Float] { values.map { ($0 + 1) / 2 } }
}
