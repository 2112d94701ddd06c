/// What the images of one class add up to.
public struct ClassResults: Hashable, Sendable {
  public let label: Int
  public let images: Int
  public let correct: Share
  public let abstained: Share
  public let curve: CertifiedCurve

  /// One entry for each class that has images, by label.
  public static func all(_ run: ReportedRun) -> [ClassResults] {
    Dictionary(grouping: run.images, by: \.label).sorted { $0.key < $1.key }.map { label, images in
      ClassResults(
        label: label, images: images.count, correct: Share(images.count(where: \.correct), of: images.count),
        abstained: Share(images.count { $0.outcome == .abstained }, of: images.count), curve: CertifiedCurve(images))
    }
  }
}

/// Votes of the base classifier f on noisy copies, by the images' label: where f itself confuses classes.
public struct VoteConfusion: Hashable, Sendable {
  /// counts[label][class voted for], over all estimation votes.
  public let counts: [[Int]]
  /// Votes that ended in NaN, by label.
  public let invalid: [Int]

  /// More classes make a matrix that nobody can take in, nor memory hold.
  static let mostClasses = 2_000

  /// nil where votes are unknown, too many to count, or a label is none of the classes.
  public init?(_ run: ReportedRun) {
    let classes = run.images.first?.record?.votes.count ?? 0
    guard (1...Self.mostClasses).contains(classes) else { return nil }
    var total = 0
    var counts = Array(repeating: Array(repeating: 0, count: classes), count: classes)
    var invalid = Array(repeating: 0, count: classes)
    for image in run.images {
      guard let record = image.record, record.votes.count == classes, counts.indices.contains(image.label) else {
        return nil
      }
      total += record.samples
      guard total <= Share.largestTotal else { return nil }
      for (label, votes) in record.votes.enumerated() { counts[image.label][label] += votes }
      invalid[image.label] += record.invalidVotes
    }
    self.counts = counts
    self.invalid = invalid
  }

  public func votes(on label: Int) -> Int { counts[label].reduce(invalid[label], +) }

  /// The share of votes for the images' own class: the base classifier's accuracy on noisy copies of these images.
  public var accuracy: Share? {
    let total = counts.indices.reduce(0) { $0 + votes(on: $1) }
    guard total > 0 else { return nil }
    return Share(counts.indices.reduce(0) { $0 + counts[$1][$1] }, of: total)
  }

  /// The pairs of classes most often confused.
  public func worst(_ limit: Int) -> [(label: Int, voted: Int, share: Share)] {
    var pairs: [(label: Int, voted: Int, share: Share)] = []
    for label in counts.indices {
      let total = votes(on: label)
      guard total > 0 else { continue }
      for voted in counts.indices where voted != label && counts[label][voted] > 0 {
        pairs.append((label, voted, Share(counts[label][voted], of: total)))
      }
    }
    pairs.sort { ($1.share, $0.label, $0.voted) < ($0.share, $1.label, $1.voted) }
    return Array(pairs.prefix(limit))
  }
}
