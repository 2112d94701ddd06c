import Basics

/// The noise levels s_0 < s_1 < … of a diffusion classifier, in model space (Docs/Mathematics.md, The noise grid).
public struct NoiseGrid: Hashable, Sendable {
  /// Where DC's generated grid begins: s_min = 1e-4.
  public static let cleanStart = ModelNoise(1e-4)
  /// Where every generated grid ends.
  public static let upperEnd = ModelNoise(3)
  /// The published number of points.
  public static let referenceTimesteps = 126
  /// The first steps EPNDC leaves out of a generated grid, as the published code does.
  public static let referenceSkippedSteps = 5
  /// More points than any protocol needs; a typing mistake must not exhaust memory.
  public static let largestTimesteps = 100_000

  /// All points, in ascending order.
  public let points: [ModelNoise]
  /// Whether this grid follows the reference protocol, whose first and last points are not evaluated.
  public let isGenerated: Bool

  /// The reference protocol: the T points `linspace(start, 3, T)`.
  ///
  /// - Parameters:
  ///   - start: s_min, 1e-4 for DC (`cleanStart`) and σ_τ for the noised classifiers.
  ///   - timesteps: T ≥ 3.
  /// - Throws: `UsageError` when T < 3, T > 100 000 or start lies outside [0, 3).
  public init(from start: ModelNoise, timesteps: Int = referenceTimesteps) throws {
    guard timesteps >= 3 else {
      throw UsageError("\(.timesteps) \(timesteps): a grid needs at least 3 points (points 1 … T−2 are evaluated)")
    }
    guard timesteps <= Self.largestTimesteps else {
      throw UsageError("\(.timesteps) \(timesteps): at most \(Self.largestTimesteps)")
    }
    let (first, last) = (start.sigma, Self.upperEnd.sigma)
    guard first >= 0, first < last else {
      throw UsageError(
        "the noise grid ends at \(last) in model space and cannot begin at \(first): "
          + "\(.sigma) must be below \(last / 2) in pixels")
    }
    // As numpy.linspace: start + i·step, and the last point exact.
    let step = (last - first) / Double(timesteps - 1)
    points = (0..<timesteps).map { index in
      ModelNoise(index == timesteps - 1 ? last : Double(index) * step + first)
    }
    isGenerated = true
  }

  /// Explicit points, all of them evaluated, nothing skipped (`ndc losses`, learned levels).
  ///
  /// - Parameter points: s_t in model space: finite, positive, strictly ascending; at least one.
  /// - Throws: `InputError` naming the first point that breaks a rule.
  public init(points: [Double]) throws {
    guard !points.isEmpty else {
      throw InputError("an empty noise grid", expected: "at least one level")
    }
    for (index, point) in points.enumerated() {
      guard point.isFinite, point > 0 else {
        throw InputError(
          "impossible noise level", location: "grid[\(index)]", expected: "a finite positive number", found: "\(point)")
      }
      guard index == 0 || point > points[index - 1] else {
        throw InputError(
          "noise levels must ascend", location: "grid[\(index)]", expected: "more than \(points[index - 1])",
          found: "\(point)")
      }
    }
    self.points = points.map { ModelNoise($0) }
    isGenerated = false
  }

  /// What DC and APNDC evaluate: points 1 … T−2 of a generated grid, every point of an explicit one.
  ///
  /// Δ_t = s_{t+1} − s_t; the last point of an explicit grid repeats the one before (1 where there is no other).
  public var levels: [NoiseLevel] {
    (isGenerated ? 1..<points.count - 1 : 0..<points.count).map(level)
  }

  /// What EPNDC evaluates: steps t = skip … T−3 of a generated grid, t = 0 … T−2 of an explicit one, in both cases
  /// without those where s_t ≤ σ_τ (κ_t is singular there).
  ///
  /// - Parameter skippedSteps: ignored for an explicit grid, which skips none.
  /// - Throws: `UsageError` when no step is left.
  public func steps(
    above start: ModelNoise, skipping skippedSteps: Int = referenceSkippedSteps
  ) throws -> [NoiseStep] {
    guard skippedSteps >= 0 else { throw UsageError("\(.skippedSteps) \(skippedSteps): must not be negative") }
    let first = isGenerated ? skippedSteps : 0
    let end = isGenerated ? points.count - 2 : points.count - 1
    let steps = (min(first, end)..<end)
      .filter { points[$0] > start }
      .map { NoiseStep(lower: level($0), upper: points[$0 + 1]) }
    guard !steps.isEmpty else {
      throw UsageError(
        "epndc: no step is left of a grid of \(points.count) points"
          + (isGenerated
            ? " with \(.skippedSteps) \(skippedSteps); take more \(.timesteps)" : " above \(start.sigma)"))
    }
    return steps
  }

  private func level(_ row: Int) -> NoiseLevel {
    let lower = max(0, min(row, points.count - 2))
    let spacing = points.count == 1 ? 1 : points[lower + 1].sigma - points[lower].sigma
    return NoiseLevel(row: row, noise: points[row], spacing: spacing)
  }
}
