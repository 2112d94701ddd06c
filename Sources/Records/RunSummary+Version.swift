/// What earlier versions wrote into summary.json.
extension RunSummary {
  /// The summaries that a run's program may have written of its records, today's first.
  ///
  /// Up to 0.2.0 radii were added one by one: the last digits of the average are then those of that order.
  package static func summaries(_ records: [ImageRecord], of manifest: RunManifest) -> [RunSummary] {
    let summary = RunSummary(records, of: manifest)
    guard !records.isEmpty, manifest.program.addsRadiiInOrder else { return [summary] }
    var earlier = summary
    earlier.averageCertifiedRadius =
      records.filter(\.correct).reduce(0) { $0 + ($1.outcome.radius ?? 0) } / Double(records.count)
    return [summary, earlier]
  }
}

extension RunManifest.Program {
  fileprivate var addsRadiiInOrder: Bool { isUpTo([0, 2, 0]) }
}
