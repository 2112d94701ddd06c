import Basics

/// The report for machines.
public struct ReportSummary: Encodable, Sendable {
  public struct Point: Encodable, Sendable {
    public var radius: Double
    public var images: Int
    public var accuracy: Double
    /// The interval at this radius alone, and of the whole curve at once.
    public var pointwise: [Double]
    public var simultaneous: [Double]
  }

  public struct Joint: Encodable, Sendable {
    /// N, and whether the run fixed it when it began.
    public var images: Int
    public var isFixed: Bool
    /// Images beyond N, which nothing is claimed about at once.
    public var beyond: Int
    /// α/N, at which every bound was recomputed.
    public var level: Double
    public var averageCertifiedRadius: Double
    public var certified: [Int]
  }

  /// Steps of the distribution: `images` of all have a bound of at least `bound`.
  public struct LowerBounds: Encodable, Sendable {
    public struct Class: Encodable, Sendable {
      public var label: Int
      public var images: Int
      public var steps: [LowerBoundCurve.Step]
    }

    public var steps: [LowerBoundCurve.Step]
    public var classes: [Class]

    init?(_ run: ReportedRun) {
      guard let curve = run.lowerBounds else { return nil }
      steps = curve.steps
      classes = ClassResults.all(run).map {
        Class(label: $0.label, images: $0.images, steps: $0.lowerBounds?.steps ?? [])
      }
    }
  }

  public struct Run: Encodable, Sendable {
    public var name: String
    public var source: String
    public var sigma: Double?
    /// The labels that the classifier chose among; absent for all of the model's.
    public var classes: ClassSet?
    public var images: Int
    public var correct: Int
    public var abstained: Int
    public var averageCertifiedRadius: Double
    public var isAverageComparable: Bool
    public var evaluationsPerImage: Double?
    public var secondsPerImage: Double?
    public var certified: [Point]
    /// The distribution of the votes' lower bounds; null where a table keeps no votes.
    public var lowerBounds: LowerBounds?
    /// All certificates at once; null where it cannot be computed.
    public var joint: Joint?
    public var notes: [String]
  }

  public struct Envelope: Encodable, Sendable {
    public struct Best: Encodable, Sendable {
      public var radius: Double
      public var accuracy: Double
      public var sigma: Double?
      public var run: String
    }

    public var runs: [String]
    public var displayOnly = true
    public var best: [Best]
  }

  public var confidence: Double
  public var runs: [Run]
  public var bestOverSigma: [Envelope]
  public var warnings: [String]

  public init(_ report: HTMLReport) {
    confidence = report.confidence
    warnings = report.warnings
    let pointwise = ConfidenceBand(.pointwise, confidence: report.confidence)
    let simultaneous = ConfidenceBand(.simultaneous, confidence: report.confidence)
    runs = report.runs.map { run in
      let joint = (try? JointCertificate(run)).map { joint in
        Joint(
          images: joint.images, isFixed: joint.isFixed, beyond: joint.beyond, level: joint.level,
          averageCertifiedRadius: joint.curve.averageCertifiedRadius,
          certified: report.radii.map { joint.curve.count(atRadius: $0) })
      }
      return Run(
        name: run.name, source: run.source, sigma: run.sigma, classes: run.origin?.classes, images: run.images.count,
        correct: run.correct.count,
        abstained: run.abstained.count, averageCertifiedRadius: run.curve.averageCertifiedRadius,
        isAverageComparable: run.caveat == nil, evaluationsPerImage: run.evaluationsPerImage,
        secondsPerImage: run.secondsPerImage,
        certified: report.radii.map { radius in
          let share = run.curve.share(atRadius: radius)
          let (near, wide) = (pointwise.interval(share), simultaneous.interval(share))
          return Point(
            radius: radius, images: share.count, accuracy: share.value,
            pointwise: [near.lowerBound, near.upperBound], simultaneous: [wide.lowerBound, wide.upperBound])
        },
        lowerBounds: LowerBounds(run), joint: joint, notes: run.notes.map(\.description))
    }
    bestOverSigma = BestOverSigma.groups(report.runs).map { group in
      Envelope(
        runs: group.runs.map(\.name),
        best: report.radii.map { radius in
          let best = group.best(atRadius: radius)
          return .init(radius: radius, accuracy: best.share.value, sigma: best.run.sigma, run: best.run.name)
        })
    }
  }
}
