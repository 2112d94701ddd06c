import Records

/// Runs put together that are parts of one: of one name and σ, and without an image in common.
///
/// Runs that nobody named the same must be of one model, seed and settings. Of one data set, too, unless every record
/// says which picture it is about: parts may then have been made from folders of their own.
public struct PooledRuns: Sendable {
  /// In the order of their first parts.
  public let runs: [ReportedRun]

  /// Runs of one name and σ that share images or were made in other ways stay apart (`BestOverSigma.conflicts`).
  public init(_ runs: [ReportedRun]) {
    var order: [Key] = []
    var groups: [Key: [ReportedRun]] = [:]
    for run in runs {
      let key = Key(run)
      if groups[key] == nil { order.append(key) }
      groups[key, default: []].append(run)
    }
    self.runs = order.flatMap { key in
      let parts = groups[key] ?? []
      return parts.count > 1 && Self.areParts(parts) ? [Self.whole(parts)] : parts
    }
  }

  /// One name and σ.
  private struct Key: Hashable {
    var name: String
    var method: RunMethod
    var sigma: Double?
    /// Of runs that nobody named the same: the same votes of other images.
    var seed: UInt64?

    init(_ run: ReportedRun) {
      name = run.title.base
      sigma = run.sigma
      method = run.method
      if case .settings(let key) = run.method {
        method = .settings(run.tellsPictures ? key.atAnyData : key.atAnyImages)
        seed = run.origin?.smoothing?.seed
      }
    }
  }

  private static func areParts(_ runs: [ReportedRun]) -> Bool {
    let tellPictures = runs.allSatisfy(\.tellsPictures)
    let made = Set(
      runs.compactMap { run in run.origin.map { tellPictures ? $0.methodKey.atAnyData : $0.methodKey.atAnyImages } })
    return made.count <= 1
      && Set(runs.flatMap { $0.images.map(\.index) }).count == runs.reduce(0) { $0 + $1.images.count }
      && !sharePictures(runs)
  }

  /// Whether a picture of one part, under whatever index, is one of another part's.
  static func sharePictures(_ runs: [ReportedRun]) -> Bool {
    var seen: Set<String> = []
    return runs.contains { run in
      let pictures = Set(run.images.compactMap { $0.record?.picture?.digest })
      defer { seen.formUnion(pictures) }
      return !seen.isDisjoint(with: pictures)
    }
  }

  private static func whole(_ parts: [ReportedRun]) -> ReportedRun {
    var notes: [RunNote] = [.pooled(parts: parts.map(\.source))]
    if Set(parts.map { $0.origin?.data?.digest }).count > 1 { notes.append(.pooledData) }
    for note in parts.flatMap(\.notes) where !notes.contains(note) { notes.append(note) }
    let images = parts.flatMap(\.images)
    var method = parts[0].method
    if case .settings = method { method = Key(parts[0]).method }
    var whole = ReportedRun(
      title: parts[0].title, method: method, source: parts.map(\.source).joined(separator: ", "),
      sigma: parts[0].sigma, images: images,
      origin: parts.allSatisfy { $0.origin != nil } ? parts[0].origin : nil, notes: notes,
      classNames: parts.lazy.map(\.classNames).first { !$0.isEmpty } ?? [])
    whole.origin?.images = .init(
      count: parts.reduce(0) { $0 + max(min($1.origin?.images?.count ?? 0, 1 << 32), $1.images.count) })
    whole.origin?.claim = claim(parts)
    whole.parts = parts.map(\.source)
    return whole
  }

  /// N of all parts: what each claims of the whole, or else the sum of what each claims of itself; nil where one fixed
  /// none or has grown beyond it.
  private static func claim(_ parts: [ReportedRun]) -> Int? {
    let claims = parts.compactMap { part in part.origin?.claim.flatMap { $0 >= part.images.count ? $0 : nil } }
    guard claims.count == parts.count, let first = claims.first else { return nil }
    let images = parts.reduce(0) { $0 + $1.images.count }
    if first >= images, claims.allSatisfy({ $0 == first }) { return first }
    return claims.reduce(0 as Int?) { sum, claim in
      sum.flatMap { sum in
        let (next, overflow) = sum.addingReportingOverflow(claim)
        return overflow ? nil : next
      }
    }
  }
}

extension ReportedRun {
  /// Whether every record says which picture it is about: then nothing else of the data set matters.
  var tellsPictures: Bool { images.allSatisfy { $0.record?.picture != nil } }
}
