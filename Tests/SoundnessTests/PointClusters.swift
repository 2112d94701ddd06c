import Basics
import Certification
import Classifiers
import Diffusion
import Foundation
import Statistics

/// Classes that are one point each in the plane, whose smoothed classifier is known.
///
/// The denoiser of a class is its point, so that `dc` and `apndc` both choose the nearest point of x_τ (two points:
/// the half-plane that the perpendicular bisector cuts off). Coordinates here are pixels of an image of two pixels.
struct PointClusters: Sendable {
  var points: [[Double]]
  var sigma: Double
  /// v of every class in model space. Above 0 `dc` is random itself; between two classes symmetry keeps the boundary.
  var variance = 0.0

  /// Two classes and a straight boundary, ½ in the first pixel: the smoothing bound is exact.
  static let halves = PointClusters(points: [[0.2, 0.5], [0.8, 0.5]], sigma: 0.25)
  /// The same with noise of the classifier's own, so that what a vote drops matters.
  static let noisyHalves = PointClusters(points: halves.points, sigma: 0.25, variance: 0.3)
  /// Three classes: the smoothed boundaries are curved.
  static let wedges = PointClusters(points: [[0.2, 0.3], [0.8, 0.35], [0.45, 0.85]], sigma: 0.25)

  func classifier(
    _ method: ClassificationMethod = .diffusion, elimination: Elimination = .none
  ) throws -> SmoothedClassifier {
    let denoiser = GaussianMixtureDenoiser(
      imageShape: ImageShape(channels: 1, height: 1, width: 2),
      components: points.enumerated().map { label, point in
        .init(label: label, mean: point.map { 2 * $0 - 1 }, variance: variance)
      })
    var specification = ClassifierSpecification(method: method, sigma: sigma)
    specification.timesteps = 4
    specification.skipSteps = 0
    specification.elimination = elimination
    return try SmoothedClassifier(
      base: specification.makeClassifier(denoiser: denoiser), sigma: PixelNoise(sigma))
  }

  /// P(x + δ is nearest to point c): Simpson's rule in the first pixel, the normal distribution in the second.
  func probabilities(at x: [Double]) -> [Double] {
    let (steps, reach) = (240, 6.0)
    return points.indices.map { label in
      var sum = 0.0
      for step in 0...steps {
        let z = -reach + 2 * reach * Double(step) / Double(steps)
        let first = x[0] + sigma * z
        var (low, high) = (-Double.infinity, Double.infinity)
        for other in points.indices where other != label {
          // 2(b − a)·p ≤ |b|² − |a|² where p is nearer to a.
          let (a, b) = (points[label], points[other])
          let slope = 2 * (b[1] - a[1])
          let room =
            b[0] * b[0] + b[1] * b[1] - a[0] * a[0] - a[1] * a[1] - 2 * (b[0] - a[0]) * first
          if slope > 0 {
            high = min(high, room / slope)
          } else if slope < 0 {
            low = max(low, room / slope)
          } else if room < 0 {
            high = low
          }
        }
        guard high > low else { continue }
        let inside = NormalDistribution.cdf((high - x[1]) / sigma) - NormalDistribution.cdf((low - x[1]) / sigma)
        let weight = step == 0 || step == steps ? 1.0 : step.isMultiple(of: 2) ? 2.0 : 4.0
        sum += weight * exp(-z * z / 2) * inside
      }
      return sum * 2 * reach / Double(steps) / 3 / (2 * Double.pi).squareRoot()
    }
  }

  func prediction(at x: [Double]) -> Int {
    let values = probabilities(at: x)
    return values.indices.max { values[$0] < values[$1] } ?? 0
  }

  /// The distance to the nearest point where g is another class than `label`: 0 where it is already; along every
  /// direction the first change is bisected.
  func trueRadius(of label: Int, at x: [Double], directions: Int = 90) -> Double {
    guard prediction(at: x) == label else { return 0 }
    if points.count == 2 { return abs(x[0] - 0.5) }
    func point(_ direction: Int, _ distance: Double) -> [Double] {
      let angle = 2 * Double.pi * Double(direction) / Double(directions)
      return [x[0] + distance * cos(angle), x[1] + distance * sin(angle)]
    }
    var nearest = 4.0
    for direction in 0..<directions {
      guard
        let first = stride(from: 0.02, to: nearest, by: 0.02).first(where: {
          prediction(at: point(direction, $0)) != label
        })
      else { continue }
      var (low, high) = (first - 0.02, first)
      for _ in 0..<12 {
        let middle = (low + high) / 2
        if prediction(at: point(direction, middle)) == label { low = middle } else { high = middle }
      }
      nearest = min(nearest, high)
    }
    return nearest
  }
}

/// Votes of one worker, cast one after the other.
struct PlaneVotes: VoteSource {
  var classifier: SmoothedClassifier
  var x: [Double]
  var seed: UInt64
  var image: UInt32
  var purposeUsed: @Sendable (VotePurpose) -> VotePurpose = { $0 }

  var classCount: Int { classifier.classCount }

  func votes(_ indices: Range<Int>, for purpose: VotePurpose) throws -> [Vote] {
    try classifier.makeWorker().votes(
      indices.map {
        VoteRequest(
          pixels: x.map { Float($0) },
          key: VoteKey(seed: seed, image: image, vote: UInt32($0), purpose: purposeUsed(purpose)))
      })
  }
}
