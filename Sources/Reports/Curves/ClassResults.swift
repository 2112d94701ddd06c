import Basics

/// What the images of one class add up to.
public struct ClassResults: Hashable, Sendable {
  public let label: Int
  public let images: Int
  public let correct: Share
  public let abstained: Share
  public let curve: CertifiedCurve
  /// nil where the run keeps no votes.
  public let lowerBounds: LowerBoundCurve?

  /// One entry for each class that has images, by label.
  public static func all(_ run: ReportedRun) -> [ClassResults] {
    Dictionary(grouping: run.images, by: \.label).sorted { $0.key < $1.key }.map { label, images in
      ClassResults(
        label: label, images: images.count, correct: Share(images.count(where: \.correct), of: images.count),
        abstained: Share(images.count { $0.outcome == .abstained }, of: images.count), curve: CertifiedCurve(images),
        lowerBounds: LowerBoundCurve(images))
    }
  }
}

/// Votes of the base classifier f on noisy copies, by the images' label: where f itself confuses classes.
public struct VoteConfusion: Hashable, Sendable {
  /// The classes voted for.
  public let classes: ClassSet
  /// The images' labels, a row each: all of `classes`, and others that images have.
  public let labels: [Int]
  /// counts[row][place of the class voted for], over all estimation votes.
  public let counts: [[Int]]
  /// Votes that ended in NaN, by row.
  public let invalid: [Int]

  /// More classes make a matrix that nobody can take in, nor memory hold.
  static let mostClasses = 2_000

  /// nil where votes are unknown, too many to count, or a label is none of the classes.
  public init?(_ run: ReportedRun) {
    guard let classes = run.images.first?.record?.classes else { return nil }
    let labels = Set(classes.labels).union(run.images.map(\.label)).sorted()
    guard classes.count > 0, labels.count <= Self.mostClasses else { return nil }
    let rows = Dictionary(uniqueKeysWithValues: labels.enumerated().map { ($1, $0) })
    var total = 0
    var counts = Array(repeating: Array(repeating: 0, count: classes.count), count: labels.count)
    var invalid = Array(repeating: 0, count: labels.count)
    for image in run.images {
      guard let record = image.record, record.classes == classes, let row = rows[image.label] else { return nil }
      total += record.samples
      guard total <= Share.largestTotal else { return nil }
      for (place, votes) in record.votes.enumerated() { counts[row][place] += votes }
      invalid[row] += record.invalidVotes
    }
    self.classes = classes
    self.labels = labels
    self.counts = counts
    self.invalid = invalid
  }

  /// All votes on the images of a row.
  public func votes(inRow row: Int) -> Int { counts[row].reduce(invalid[row], +) }

  /// The share of votes for the images' own class: the base classifier's accuracy on noisy copies of these images.
  public var accuracy: Share? {
    let total = counts.indices.reduce(0) { $0 + votes(inRow: $1) }
    guard total > 0 else { return nil }
    let own = labels.indices.reduce(0) { sum, row in sum + (classes.place(of: labels[row]).map { counts[row][$0] } ?? 0)
    }
    return Share(own, of: total)
  }

  /// The pairs of classes most often confused.
  public func worst(_ limit: Int) -> [(label: Int, voted: Int, share: Share)] {
    var pairs: [(label: Int, voted: Int, share: Share)] = []
    for (row, label) in labels.enumerated() {
      let total = votes(inRow: row)
      guard total > 0 else { continue }
      for (place, voted) in classes.labels.enumerated() where voted != label && counts[row][place] > 0 {
        pairs.append((label, voted, Share(counts[row][place], of: total)))
      }
    }
    pairs.sort { ($1.share, $0.label, $0.voted) < ($0.share, $1.label, $1.voted) }
    return Array(pairs.prefix(limit))
  }
}
