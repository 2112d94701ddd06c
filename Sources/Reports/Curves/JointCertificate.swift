import Basics
import Certification

/// The same votes read so that every certificate of the set holds at once with confidence 1 − α.
///
/// One image's certificate is wrong with probability at most α; that none of N is wrong is only promised with N·α to
/// spare. Each bound recomputed at α/N makes it 1 − α (the union bound; Docs/Mathematics.md, What keeps it a proof). N
/// must not depend on results: it is what the run fixed when it began, and images that it has grown by since are not
/// among those claimed. Runs up to version 0.2.0 fixed none; theirs is the number of images in their selection, and the
/// claim holds if that was decided before any result was seen.
public struct JointCertificate: Sendable {
  /// N.
  public let images: Int
  /// Whether N was fixed when the run began.
  public let isFixed: Bool
  /// Images of the run beyond N, which nothing is claimed about at once.
  public let beyond: Int
  /// α, of the whole set.
  public let alpha: Double
  /// Those of the N images that are finished, with their smaller radii.
  public let results: [CertifiedImage]
  public let curve: CertifiedCurve

  /// α/N.
  public var level: Double { alpha / Double(images) }

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
    // Fewer than the records there are cannot have been selected.
    let claim = origin.claim ?? max(origin.images?.count ?? 0, run.images.count)
    guard claim > 0 else { throw Unavailable(description: "run.json claims nothing about all images at once") }
    let level = alpha / Double(claim)
    guard level > 0 else { throw Unavailable(description: "α/N is too small a number") }
    var results: [CertifiedImage] = []
    var known: [Bound: Certificate] = [:]
    let countsAgain = run.images.lazy.compactMap(\.record).canBeCountedAgain
    for image in run.images.prefix(claim) {
      guard let record = image.record else { throw Unavailable(description: "an image has no votes") }
      let bound = record.bound(atLevel: level, countsAgain: countsAgain)
      let certificate = known[bound] ?? Certificate(pLower: bound.value, sigma: PixelNoise(sigma))
      known[bound] = certificate
      var result = image
      result.outcome =
        certificate.radius.map { .certified(label: record.candidate, radius: $0) } ?? Outcome.abstained
      results.append(result)
    }
    images = claim
    isFixed = origin.claim != nil
    beyond = run.images.count - results.count
    self.alpha = alpha
    self.results = results
    curve = CertifiedCurve(results)
  }
}
