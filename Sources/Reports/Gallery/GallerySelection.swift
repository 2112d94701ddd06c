/// Which images a gallery shows, and why.
public struct GallerySelection: Hashable, Sendable {
  public enum Reason: String, Hashable, Sendable, CaseIterable {
    case wrong, abstained, hardest, easiest
  }

  public struct Entry: Hashable, Sendable {
    /// Position among the run's images.
    public var position: Int
    /// In the order of `Reason.allCases`.
    public var reasons: [Reason]

    public init(position: Int, reasons: [Reason]) {
      self.position = position
      self.reasons = reasons
    }
  }

  public let entries: [Entry]

  /// - Parameters:
  ///   - count: how many of each reason, at most.
  ///   - wrongFirst: whether the wrong and the abstained images are picked too, and come first.
  ///
  /// The hardest images are those with the smallest share of votes for their label (without votes: of the smallest
  /// radius, wrong ones before), the easiest those with the largest; ties by index.
  public init(_ run: ReportedRun, count: Int, wrongFirst: Bool = false) {
    var reasons: [Int: [Reason]] = [:]
    var order: [Int] = []
    func pick(_ positions: some Sequence<Int>, _ reason: Reason) {
      for position in positions.prefix(count) {
        if reasons[position] == nil { order.append(position) }
        reasons[position, default: []].append(reason)
      }
    }
    let images = run.images
    let byEase = images.indices.sorted {
      (Self.ease(images[$0]), images[$0].index) < (Self.ease(images[$1]), images[$1].index)
    }
    if wrongFirst {
      pick(byEase.filter { images[$0].outcome != .abstained && !images[$0].correct }, .wrong)
      pick(byEase.filter { images[$0].outcome == .abstained }, .abstained)
    }
    pick(byEase, .hardest)
    let easiest = images.indices.sorted {
      (-Self.ease(images[$0]), images[$0].index) < (-Self.ease(images[$1]), images[$1].index)
    }
    pick(easiest.filter { reasons[$0] == nil }, .easiest)
    // What an image is belongs to it however it was picked.
    entries = order.map { position in
      var all = reasons[position] ?? []
      let image = images[position]
      if image.outcome == .abstained, !all.contains(.abstained) { all.append(.abstained) }
      if image.outcome != .abstained, !image.correct, !all.contains(.wrong) { all.append(.wrong) }
      return Entry(position: position, reasons: Reason.allCases.filter(all.contains))
    }
  }

  /// The share of estimation votes for the label; without votes the radius, negative where the class is wrong.
  static func ease(_ image: CertifiedImage) -> Double {
    if let record = image.record, record.samples > 0 {
      return Double(record.votes(for: image.label)) / Double(record.samples)
    }
    return image.correct ? image.certifiedRadius : -(image.outcome.radius ?? 0)
  }
}
