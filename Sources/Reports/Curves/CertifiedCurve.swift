import Statistics

/// Certified accuracy against radius, exact: the fraction of all images with correct = 1 and radius ≥ r (Docs/Files.md,
/// certified.tsv).
///
/// A step function that falls just above each radius of a correct image. No binning and no interpolation.
public struct CertifiedCurve: Hashable, Sendable {
  /// A value of the step function: `count` images have at least this radius, fewer a larger one.
  public struct Step: Hashable, Sendable {
    /// r, in pixels.
    public var radius: Double
    /// Correct images with radius ≥ r.
    public var count: Int

    public init(radius: Double, count: Int) {
      self.radius = radius
      self.count = count
    }
  }

  /// N.
  public let total: Int
  /// Radii of the correct images, ascending.
  public let radii: [Double]
  /// ACR, the mean over all images of radius·correct.
  public let averageCertifiedRadius: Double

  public init(_ images: [CertifiedImage]) {
    total = images.count
    radii = images.filter(\.correct).map(\.certifiedRadius).sorted()
    averageCertifiedRadius = ExactSum.mean(radii, of: images.count)
  }

  /// Correct images with radius ≥ r.
  public func count(atRadius radius: Double) -> Int { radii.countAscending(atLeast: radius) }

  public func share(atRadius radius: Double) -> Share { Share(count(atRadius: radius), of: total) }

  public var largestRadius: Double { radii.last ?? 0 }

  /// Every distinct radius with the count there, ascending; between two of them the later count holds.
  public var steps: [Step] { radii.ascendingSteps.map { Step(radius: $0.value, count: $0.count) } }
}
