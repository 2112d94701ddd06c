import Basics

/// Two runs on the same images, image by image.
public struct RunComparison: Sendable, Encodable {
  public struct AtRadius: Sendable, Encodable {
    public var radius: Double
    public var certifiedA: Int
    public var certifiedB: Int
    public var test: McNemarTest
  }

  public struct AtBound: Sendable, Encodable {
    public var bound: Double
    public var a: Int
    public var b: Int
  }

  public var a: String
  public var b: String
  public var images: Int
  public var comparability: Comparability
  /// Certified-at-r.
  public var atRadii: [AtRadius]
  /// Images whose lower bound on the probability of their label is at least p, in A and in B; nil where one of them
  /// keeps no votes.
  public var atBounds: [AtBound]?
  /// radius·correct of B minus that of A; nil where radii are not comparable.
  public var radiusDifference: PairedDifference?
  /// B's over A's, where both are known.
  public var evaluationsRatio: Double?
  public var secondsRatio: Double?

  /// Two runs cannot be compared.
  public struct NotComparable: Error, Sendable, CustomStringConvertible {
    public var comparability: Comparability
    public var description: String {
      "the runs are not comparable: " + (comparability.mismatches + comparability.obstacles).joined(separator: "; ")
    }
  }

  /// - Parameters:
  ///   - anyway: compare in spite of obstacles (not of different images), which stay named.
  ///   - common: compare the images that both have, and leave out the others.
  /// - Throws: `NotComparable`.
  public init(
    _ a: ReportedRun, _ b: ReportedRun, radii: [Double], anyway: Bool = false, common: Bool = false
  ) throws(NotComparable) {
    let comparability = Comparability(a, b, common: common)
    guard comparability.mismatches.isEmpty, comparability.obstacles.isEmpty || anyway else {
      throw NotComparable(comparability: comparability)
    }
    let (a, b) = (a.restricted(to: b), b.restricted(to: a))
    self.comparability = comparability
    self.a = a.name
    self.b = b.name
    let byIndex = Dictionary(b.images.map { ($0.index, $0) }, uniquingKeysWith: { first, _ in first })
    let pairs = a.images.compactMap { image in byIndex[image.index].map { (image, $0) } }
    images = pairs.count
    func certified(_ image: CertifiedImage, _ radius: Double) -> Bool {
      image.correct && image.certifiedRadius >= radius
    }
    atRadii = radii.map { radius in
      let first = pairs.map { certified($0.0, radius) }
      let second = pairs.map { certified($0.1, radius) }
      let test = McNemarTest(a: first, b: second)
      return AtRadius(
        radius: radius, certifiedA: test.both + test.onlyA, certifiedB: test.both + test.onlyB, test: test)
    }
    if let first = LowerBoundCurve(pairs.map(\.0)), let second = LowerBoundCurve(pairs.map(\.1)) {
      atBounds = LowerBoundCurve.levels.map {
        AtBound(bound: $0, a: first.count(atLeast: $0), b: second.count(atLeast: $0))
      }
    }
    if comparability.radiiAreComparable {
      radiusDifference = PairedDifference(a: pairs.map(\.0.certifiedRadius), b: pairs.map(\.1.certifiedRadius))
    }
    if let first = a.evaluationsPerImage, let second = b.evaluationsPerImage, first > 0 {
      evaluationsRatio = second / first
    }
    if let first = a.secondsPerImage, let second = b.secondsPerImage, first > 0 { secondsRatio = second / first }
  }

  /// The comparison for people.
  public var table: String {
    var text =
      "A       \(a)\nB       \(b)\nimages  \(images), \(comparability.commonImages == nil ? "the same" : "those") in both\n"
    for obstacle in comparability.obstacles { text += "NOT COMPARABLE: \(obstacle)\n" }
    for caution in comparability.cautions { text += "note: \(caution)\n" }
    text += "\n"
    text += Self.columns(
      ["certified at r", "A (%)", "B (%)", "only A", "only B", "McNemar p"],
      atRadii.map { row in
        [
          DecimalText.radius(row.radius), Share(row.certifiedA, of: images).percent(),
          Share(row.certifiedB, of: images).percent(), "\(row.test.onlyA)", "\(row.test.onlyB)",
          DecimalText.significant(row.test.pValue),
        ]
      })
    text += "(exact two-sided p, each for its radius alone)\n\n"
    if let atBounds {
      text += Self.columns(
        ["lower bound of p", "A (%)", "B (%)"],
        atBounds.map { row in
          [DecimalText.radius(row.bound), Share(row.a, of: images).percent(), Share(row.b, of: images).percent()]
        })
      let end = comparability.radiiAreComparable ? "" : "; where voting stopped early, as far as it went"
      text += "(images whose votes bound the probability of their label by p or more\(end))\n\n"
    }
    if let difference = radiusDifference {
      let level = DecimalText.nearest(difference.confidence * 100, digits: 0)
      text += "radius·correct, B - A  mean \(DecimalText.down(difference.mean, digits: 4)), \(level) % interval "
      text += "\(DecimalText.down(difference.lower, digits: 4)) … \(DecimalText.up(difference.upper, digits: 4))\n"
      text += "                       (percentile bootstrap over images, \(difference.resamples) resamples, "
      text += "seed \(difference.seed))\n"
      text += "                       larger in A on \(difference.largerInA) images, in B on "
      text += "\(difference.largerInB), equal on \(difference.equal)\n"
      text +=
        "                       (an average that easy images and the number of votes decide: see the lower bounds)\n"
    }
    if let ratio = evaluationsRatio { text += "evaluations, B / A     \(DecimalText.nearest(ratio, digits: 3))\n" }
    if let ratio = secondsRatio { text += "time, B / A            \(DecimalText.nearest(ratio, digits: 3))\n" }
    return text
  }

  private static func columns(_ header: [String], _ rows: [[String]]) -> String {
    let widths = header.indices.map { column in ([header] + rows).map { $0[column].count }.max() ?? 0 }
    return ([header] + rows).map { row in
      row.enumerated().map { column, cell in
        String(repeating: " ", count: widths[column] - cell.count) + cell
      }.joined(separator: "  ") + "\n"
    }.joined()
  }
}

extension ReportedRun {
  /// Its images that another run has too, which must be some.
  fileprivate func restricted(to other: ReportedRun) -> ReportedRun {
    let indices = Set(other.images.map(\.index))
    let common = images.filter { indices.contains($0.index) }
    guard common.count < images.count, !common.isEmpty else { return self }
    return ReportedRun(
      title: title, method: method, source: source, sigma: sigma, images: common, origin: origin, notes: notes,
      classNames: classNames)
  }
}
