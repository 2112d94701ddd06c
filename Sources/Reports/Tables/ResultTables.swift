import Basics

/// The field's table: one row a run, certified accuracy at chosen radii.
public struct ResultTables: Sendable {
  public var runs: [ReportedRun]
  public var published: [PublishedResult]
  /// r of the columns, in pixels.
  public var radii: [Double]
  public var band: ConfidenceBand

  public init(runs: [ReportedRun], published: [PublishedResult] = [], radii: [Double], confidence: Double = 0.95) {
    self.runs = runs
    self.published = published
    self.radii = radii
    band = ConfidenceBand(.pointwise, confidence: confidence)
  }

  /// Certified accuracy in per cent, rounded down, at each radius: runs, then best over σ, then published results.
  public func certified() -> ReportTable {
    var table = ReportTable(
      caption: "Certified accuracy (%) at L2 radius r in pixels, rounded down",
      columns: [.init("Run", .left), .init("Images"), .init("Clean"), .init("Abstain")]
        + radii.map { .init("r = " + DecimalText.radius($0)) } + [.init("ACR")])
    for run in runs {
      table.rows.append(
        .init(
          [run.name, "\(run.images.count)", run.correct.percent(), run.abstained.percent()]
            + radii.map { run.curve.share(atRadius: $0).percent() }
            + [
              DecimalText.down(run.curve.averageCertifiedRadius, digits: 4)
                + (run.caveat.map { " (\($0.mark))" } ?? "")
            ]))
    }
    for group in BestOverSigma.groups(runs) {
      let best = radii.map { group.best(atRadius: $0) }
      table.rows.append(
        .init(
          ["best over σ (display only): \(group.name)", "", "", ""]
            + best.map { best in
              best.share.percent() + (best.run.sigma.map { " (σ \(DecimalText.radius($0)))" } ?? "")
            } + ["–"],
          kind: .envelope))
    }
    for result in published {
      table.rows.append(
        .init(
          ["published: \(result.name), \(result.dataset)", "", "", ""]
            + radii.map { radius in result.points.first { $0.radius == radius }?.text ?? "–" } + ["–"],
          kind: .published))
    }
    return table
  }

  /// The distribution of the votes' lower bounds; nil where no run keeps votes.
  public func lowerBounds() -> ReportTable? {
    let known = runs.compactMap { run in run.lowerBounds.map { (run.name, $0) } }
    guard !known.isEmpty else { return nil }
    return Self.lowerBounds(
      known, caption: "Images (%) whose votes bound the probability of their label by p or more, rounded down", "Run")
  }

  /// The same, one row a class; nil where the run keeps no votes.
  public func lowerBoundsPerClass(_ run: ReportedRun) -> ReportTable? {
    guard run.lowerBounds != nil else { return nil }
    let classes = ClassResults.all(run).compactMap { entry in
      entry.lowerBounds.map { (run.className(entry.label), $0) }
    }
    return Self.lowerBounds(
      classes,
      caption: "Per class: \(run.name), images (%) whose votes bound the probability of their label by p or more",
      "Class")
  }

  private static func lowerBounds(
    _ rows: [(String, LowerBoundCurve)], caption: String, _ kind: String
  ) -> ReportTable {
    var table = ReportTable(
      caption: caption,
      columns: [.init(kind, .left), .init("Images")]
        + LowerBoundCurve.levels.map { .init("p = " + DecimalText.radius($0)) })
    for (name, curve) in rows {
      table.rows.append(
        .init([name, "\(curve.total)"] + LowerBoundCurve.levels.map { curve.share(atLeast: $0).percent() }))
    }
    return table
  }

  /// Evaluations and time.
  public func cost() -> ReportTable {
    var table = ReportTable(
      caption: "Cost per image (mean)",
      columns: [
        .init("Run", .left), .init("Estimation votes"), .init("Denoiser evaluations"), .init("Seconds"),
        .init("Evaluations per second"),
      ])
    for run in runs {
      let evaluations = run.evaluationsPerImage
      let seconds = run.secondsPerImage
      var rate = "–"
      if let evaluations, let seconds, seconds > 0 { rate = DecimalText.down(evaluations / seconds, digits: 1) }
      table.rows.append(
        .init([
          run.name, run.votesPerImage.map { DecimalText.nearest($0, digits: 0) } ?? "–",
          evaluations.map { DecimalText.nearest($0, digits: 0) } ?? "–",
          seconds.map { DecimalText.nearest($0, digits: 3) } ?? "–", rate,
        ]))
    }
    return table
  }

  /// One row a class.
  public func perClass(_ run: ReportedRun) -> ReportTable {
    let shown = radii.filter { $0 > 0 }
    var table = ReportTable(
      caption: "Per class: \(run.name) (%, rounded down)",
      columns: [.init("Class", .left), .init("Images"), .init("Clean"), .init("Abstain")]
        + shown.map { .init("r = " + DecimalText.radius($0)) } + [.init("ACR")])
    for entry in ClassResults.all(run) {
      table.rows.append(
        .init(
          [run.className(entry.label), "\(entry.images)", entry.correct.percent(), entry.abstained.percent()]
            + shown.map { entry.curve.share(atRadius: $0).percent() }
            + [DecimalText.down(entry.curve.averageCertifiedRadius, digits: 4)]))
    }
    return table
  }

  /// The intervals of the certified accuracy of the population the images were drawn from.
  public func intervals() -> ReportTable {
    let joint = ConfidenceBand(.simultaneous, confidence: band.confidence)
    let level = DecimalText.nearest(band.confidence * 100, digits: 0)
    var table = ReportTable(
      caption: "\(level) % intervals of certified accuracy (%) for other images of the kind, ends rounded outwards",
      columns: [
        .init("Run", .left), .init("r"), .init("Certified"), .init("At this r alone"), .init("For the whole curve"),
      ])
    for run in runs {
      for radius in radii {
        let share = run.curve.share(atRadius: radius)
        let (point, whole) = (band.percents(share), joint.percents(share))
        table.rows.append(
          .init([
            run.name, DecimalText.radius(radius), share.percent(), "\(point.lower) … \(point.upper)",
            "\(whole.lower) … \(whole.upper)",
          ]))
      }
    }
    return table
  }
}
