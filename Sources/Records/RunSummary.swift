import Statistics

/// summary.json: what a run's records add up to.
public struct RunSummary: Hashable, Sendable, Codable {
  /// Certified accuracy at one radius.
  public struct Point: Hashable, Sendable, Codable {
    /// r, in pixels.
    public var radius: Double
    /// Images with correct = 1 and radius ≥ r.
    public var images: Int
    /// Their share of all images.
    public var accuracy: Double
  }

  /// The radii of the table.
  public static let radii = [0, 0.25, 0.5, 0.75, 1.0]

  public var images: Int
  /// Images whose smoothed prediction is the label; an abstention is not.
  public var correct: Int
  public var accuracy: Double
  public var abstentions: Int
  public var certified: [Point]
  /// ACR, the mean over all images of radius·correct, exactly rounded: the same in every order.
  public var averageCertifiedRadius: Double
  /// Votes of both kinds that ended in NaN.
  public var invalidVotes: Int
  /// Denoiser evaluations.
  public var evaluations: Int
  public var seconds: Double
  public var evaluationsPerSecond: Double
  /// Images beyond the joint claim's N, which no joint claim is about; absent where there are none.
  public var beyondClaim: Int?
  /// The images of the whole, of which a partly merged run has some alone; absent where it has all.
  public var partialOf: Int?

  public init(_ records: [ImageRecord], radii: [Double] = radii) {
    let count = records.count
    func share(_ part: Int) -> Double { count == 0 ? 0 : Double(part) / Double(count) }
    let correctRadii = records.filter(\.correct).map { $0.outcome.radius ?? 0 }
    images = count
    correct = correctRadii.count
    accuracy = share(correct)
    abstentions = records.count(where: \.abstained)
    certified = radii.map { radius in
      let certified = correctRadii.count { $0 >= radius }
      return Point(radius: radius, images: certified, accuracy: share(certified))
    }
    averageCertifiedRadius = ExactSum.mean(correctRadii, of: count)
    invalidVotes = records.reduce(0) { $0 + $1.invalidVotes + $1.invalidSelectionVotes }
    evaluations = records.reduce(0) { $0 + $1.evaluations }
    seconds = records.reduce(0) { $0 + $1.seconds }
    evaluationsPerSecond = seconds > 0 ? Double(evaluations) / seconds : 0
  }

  /// With what the run's description says of its images.
  public init(_ records: [ImageRecord], of manifest: RunManifest, radii: [Double] = radii) {
    self.init(records, radii: radii)
    beyondClaim = manifest.beyondClaim(records.count)
    partialOf = manifest.partialOf
  }
}
