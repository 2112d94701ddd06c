import Basics
import Certification

/// The same votes read so that every certificate of the set holds at once with confidence 1 − α.
///
/// One image's certificate is wrong with probability at most α; that none of N is wrong is only promised with N·α to
/// spare. Each bound recomputed at α/N makes it 1 − α (the union bound; Docs/Mathematics.md, What keeps it a proof).
public struct JointCertificate: Sendable {
  /// N.
  public let images: Int
  /// α, of the whole set.
  public let alpha: Double
  /// The images with their smaller radii.
  public let results: [CertifiedImage]
  public let curve: CertifiedCurve

  /// Why a run's certificates cannot be recomputed.
  public struct Unavailable: Error, Hashable, Sendable, CustomStringConvertible {
    public var description: String
  }

  /// - Throws: `Unavailable` with the reason.
  public init(_ run: ReportedRun) throws(Unavailable) {
    guard let origin = run.origin else {
      throw Unavailable(description: "a table keeps no votes to recompute a bound from")
    }
    guard let alpha = origin.alpha, let sigma = origin.sigma, sigma > 0, sigma < 1e6, alpha > 0, alpha < 1 else {
      throw Unavailable(description: "run.json does not tell α and σ")
    }
    let level = alpha / Double(run.images.count)
    var results: [CertifiedImage] = []
    var known: [Bound: Certificate] = [:]
    for image in run.images {
      guard let record = image.record else { throw Unavailable(description: "an image has no votes") }
      let bound = record.bound(atLevel: level)
      let certificate = known[bound] ?? Certificate(pLower: bound.value, sigma: PixelNoise(sigma))
      known[bound] = certificate
      var result = image
      result.outcome =
        certificate.radius.map { .certified(label: record.candidate, radius: $0) } ?? Outcome.abstained
      results.append(result)
    }
    images = run.images.count
    self.alpha = alpha
    self.results = results
    curve = CertifiedCurve(results)
  }
}
