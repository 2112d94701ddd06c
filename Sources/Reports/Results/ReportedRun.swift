import Basics
import Certification
import Records
import Statistics

/// The results that one run directory or one table of another tool holds, ready to be drawn and counted.
public struct ReportedRun: Sendable {
  /// What curves and rows are called.
  public var title: RunTitle
  /// Runs of the same method at several σ share it.
  public var method: RunMethod
  /// The run directory or table.
  public var source: String
  /// The run directories or tables it was put together from (`PooledRuns`); itself where it is one.
  public internal(set) var parts: [String]
  /// σ in pixels; for a table what its path says, if it does.
  public var sigma: Double?
  public let images: [CertifiedImage]
  /// How the run was made; nil for a table.
  public var origin: RunOrigin?
  /// What a reader must know about these numbers.
  public var notes: [RunNote]
  /// A name for each class, where the data has them.
  public var classNames: [String]
  /// Certified accuracy against radius.
  public let curve: CertifiedCurve

  /// - Precondition: `images` is not empty.
  public init(
    title: RunTitle, method: RunMethod, source: String, sigma: Double? = nil, images: [CertifiedImage],
    origin: RunOrigin? = nil, notes: [RunNote] = [], classNames: [String] = []
  ) {
    precondition(!images.isEmpty, "a report is about images")
    self.title = title
    self.method = method
    self.source = source
    parts = [source]
    self.sigma = sigma
    self.images = images
    self.origin = origin
    self.notes = notes
    self.classNames = classNames
    curve = CertifiedCurve(images)
  }

  /// The title in words.
  public var name: String { title.description }

  /// Images whose smoothed prediction is the label.
  public var correct: Share { curve.share(atRadius: 0) }
  public var abstained: Share {
    Share(images.count { $0.outcome == .abstained }, of: images.count)
  }
  public var wrong: Share {
    Share(images.count { $0.outcome != .abstained && !$0.correct }, of: images.count)
  }

  /// Why radii cannot be compared with those of other runs; nil where they can, and of a table, which does not tell.
  public var caveat: RadiusCaveat? { origin?.rule?.caveat }

  /// Denoiser evaluations per image, where records tell.
  public var evaluationsPerImage: Double? { mean { ($0.record?.evaluations).map(Double.init) } }

  /// Estimation votes per image, where records tell.
  public var votesPerImage: Double? { mean { ($0.record?.samples).map(Double.init) } }

  /// Mean time per image, where every row tells.
  public var secondsPerImage: Double? { mean(\.seconds) }

  /// The mean of what every image tells.
  private func mean(_ value: (CertifiedImage) -> Double?) -> Double? {
    let known = images.compactMap(value)
    return known.count == images.count ? ExactSum.mean(known) : nil
  }

  /// "7", or "7 (horse)" where classes have names, also where a folder is called "7-horse" to be the eighth.
  public func className(_ label: Int) -> String {
    ClassNames(classNames).text(label)
  }
}
