/// The best of several runs of one method at each radius: how the field's tables are made, and a display only.
///
/// No single classifier has this curve: at each radius another σ may be behind it, chosen after the results were seen.
/// (A certificate that takes the best of m settings for an image costs α/m each, Docs/Mathematics.md, What keeps it a
/// proof.)
public struct BestOverSigma: Sendable {
  public let method: RunMethod
  public let runs: [ReportedRun]

  /// Said wherever the envelope is shown.
  public static let warning =
    "Best over σ is for display only: at each radius the σ was chosen after the results were seen. It is no one "
    + "classifier’s curve and no certificate."

  /// What its runs are called together.
  public var name: String { runs[0].title.withoutSigma }

  /// The methods that have several runs, in the order of their first run.
  public static func groups(_ runs: [ReportedRun]) -> [BestOverSigma] {
    var order: [RunMethod] = []
    var groups: [RunMethod: [ReportedRun]] = [:]
    for run in runs {
      if groups[run.method] == nil { order.append(run.method) }
      groups[run.method, default: []].append(run)
    }
    return order.compactMap { method in
      guard let runs = groups[method], runs.count > 1 else { return nil }
      return BestOverSigma(method: method, runs: runs)
    }
  }

  /// The largest share at r and the run it is from; ties go to the first run.
  public func best(atRadius radius: Double) -> (share: Share, run: ReportedRun) {
    var best = (share: runs[0].curve.share(atRadius: radius), run: runs[0])
    for run in runs.dropFirst() {
      let share = run.curve.share(atRadius: radius)
      if best.share < share { best = (share, run) }
    }
    return best
  }

  /// Radii at which the envelope may fall, ascending.
  public var radii: [Double] { Set(runs.flatMap(\.curve.radii)).sorted() }
}
