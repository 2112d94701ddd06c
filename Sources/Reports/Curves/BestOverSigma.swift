import Basics

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

  /// The methods that have several runs, each at its own σ, in the order of their first run.
  public static func groups(_ runs: [ReportedRun]) -> [BestOverSigma] {
    methods(runs).filter { $0.repeated == nil }
  }

  /// Why methods that have several runs at one σ are not shown as best over σ: the best of those would be the best of
  /// several tries, or of several halves. And which may be such, for σ of one of them is not known.
  public static func conflicts(_ runs: [ReportedRun]) -> [String] {
    methods(runs).compactMap { group in
      if let (first, second) = group.repeated {
        let common = second.shares(with: first)
        return "\(first.source) and \(second.source) are of one name and σ (\(group.name), σ = "
          + "\(DecimalText.radius(first.sigma ?? 0))), but "
          + (common > 0
            ? "share \(common) images"
            : PooledRuns.sharePictures([first, second])
              ? "share pictures under different indices" : "were made in different ways")
          + ": they are not put together, and there is no best over σ of that name."
      }
      guard let (first, second) = group.uncertain else { return nil }
      return "\(first.source) and \(second.source) are of one name (\(group.name)) and share "
        + "\(second.shares(with: first)) images, and σ of one is not known: they are not put together, and if they are of "
        + "one σ, the best over σ of that name is the best of two tries."
    }
  }

  /// Two runs at one σ.
  private var repeated: (ReportedRun, ReportedRun)? {
    for (position, run) in runs.enumerated() where run.sigma != nil {
      if let other = runs[(position + 1)...].first(where: { $0.sigma == run.sigma }) { return (run, other) }
    }
    return nil
  }

  /// Two runs with images in common, of one of which nothing says σ.
  private var uncertain: (ReportedRun, ReportedRun)? {
    for (position, run) in runs.enumerated() {
      let other = runs[(position + 1)...].first {
        ($0.sigma == nil || run.sigma == nil) && $0.shares(with: run) > 0
      }
      if let other { return (run, other) }
    }
    return nil
  }

  private static func methods(_ runs: [ReportedRun]) -> [BestOverSigma] {
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

extension ReportedRun {
  /// How many of its images another run has too.
  fileprivate func shares(with other: ReportedRun) -> Int {
    let indices = Set(other.images.map(\.index))
    return images.count { indices.contains($0.index) }
  }
}
