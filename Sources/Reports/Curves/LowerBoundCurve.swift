import Basics
import Statistics

/// How sure the votes are of the right class, image by image: the share of all images whose lower bound on the
/// probability of their own label, p_A where c_A is the label and 0 where it is not, is at least p.
///
/// The empirical distribution that Sun et al. 2024 (*Average Certified Radius is a Poor Metric for Randomized Smoothing*,
/// arXiv 2410.06895) propose in place of the average certified radius. Above p = ½ it is certified accuracy at
/// r = σ·Φ⁻¹(p), on a scale that does not stretch what is nearly certain.
public struct LowerBoundCurve: Hashable, Sendable {
  /// N.
  public let total: Int
  /// The bounds, ascending.
  public let bounds: [Double]

  /// p of the tables.
  public static let levels = [0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99]

  /// Said under an average certified radius.
  public static let caution =
    "An average certified radius rewards images that are easy already: radii grow without limit as p_A nears 1, so that "
    + "a few of them make up for many that are not certified at all. It also grows with the number of votes. The "
    + "distribution of the votes’ lower bounds shows what it hides (Sun et al. 2024, arXiv 2410.06895)."

  /// nil where an image has no votes, as in a table, and of no image.
  public init?(_ images: [CertifiedImage]) {
    guard !images.isEmpty else { return nil }
    var bounds: [Double] = []
    for image in images {
      guard let record = image.record else { return nil }
      bounds.append(record.candidate == image.label ? record.pLower : 0)
    }
    total = images.count
    self.bounds = bounds.sorted()
  }

  /// Images whose bound is at least p.
  public func count(atLeast p: Double) -> Int { bounds.countAscending(atLeast: p) }

  public func share(atLeast p: Double) -> Share { Share(count(atLeast: p), of: total) }

  /// A value of the step function: `count` images have at least this bound, fewer a larger one.
  public struct Step: Hashable, Sendable, Encodable {
    public var bound: Double
    public var count: Int
  }

  /// Every distinct bound with the count there, ascending.
  public var steps: [Step] { bounds.ascendingSteps.map { Step(bound: $0.value, count: $0.count) } }
}

extension ReportedRun {
  /// nil of a table, which keeps no votes.
  public var lowerBounds: LowerBoundCurve? { LowerBoundCurve(images) }

  /// The most estimation votes an image could get; nil where the run does not tell.
  public var voteBudget: Int? { origin?.smoothing?.samples }
}
