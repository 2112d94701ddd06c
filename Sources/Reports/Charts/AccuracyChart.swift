import Basics

/// The field's picture: certified accuracy against radius, as exact steps with confidence bands.
///
/// Runs are solid and coloured, with filled markers at the chosen radii; best over σ is dash-dotted; published results
/// are dashed grey lines between hollow markers, so that they cannot be taken for measurements made here.
public struct AccuracyChart: Sendable {
  public var runs: [ReportedRun]
  public var published: [PublishedResult]
  /// Radii that get a marker.
  public var radii: [Double]
  public var confidence: Double
  /// Bands that are drawn; a page lets its reader choose among those there are.
  public var bands: [ConfidenceBand.Kind]

  /// Curves with more steps than this get their bands by columns of one unit, rounded outwards.
  private static let exactBandSteps = 600

  public init(
    runs: [ReportedRun], published: [PublishedResult] = [], radii: [Double], confidence: Double = 0.95,
    bands: [ConfidenceBand.Kind] = [.pointwise]
  ) {
    self.runs = runs
    self.published = published
    self.radii = radii
    self.confidence = confidence
    self.bands = bands
  }

  private var frame: ChartFrame {
    let largest = max(
      runs.map(\.curve.largestRadius).max() ?? 0, published.flatMap(\.points).map(\.radius).max() ?? 0)
    return ChartFrame(end: max(0.1, largest * 1.04))
  }

  /// The picture.
  ///
  /// - Parameter standalone: with its own colours, as a file by itself.
  public func svg(standalone: Bool) -> Markup {
    let frame = frame
    let groups = BestOverSigma.groups(runs)
    let legend = standalone ? ChartLegend(self).entries : []
    let height = frame.bottom + (standalone ? 58 + 22 * Double(legend.count) : 62)
    var svg: Markup = """
      <svg class="chart" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 760 \(Coordinate.text(height))" role="img" \
      aria-labelledby="chart-name chart-text">
      <title id="chart-name">Certified accuracy against L2 radius</title>
      <desc id="chart-text">\(summary)</desc>

      """
    if standalone {
      // Nothing here comes from a file.
      svg += Markup(
        stringLiteral: "<style>\(ChartStyle.variables("svg.chart"))\(ChartStyle.rules)</style>"
          + "<rect width=\"100%\" height=\"100%\" style=\"fill:var(--ground)\"/>\n")
    }
    svg += frame.axes()
    for kind in [ConfidenceBand.Kind.simultaneous, .pointwise] where bands.contains(kind) {
      svg += "<g class=\"bands-\(kind.rawValue)\">\n"
      for (index, run) in runs.enumerated() {
        let wide = kind == .simultaneous ? " wide" : ""
        let crowded = runs.count > 2 ? " crowded" : ""
        svg +=
          "<path class=\"band\(wide)\(crowded) s\(index % ChartStyle.colours)\" d=\"\(band(run.curve, kind, frame))\"/>\n"
      }
      svg += "</g>\n"
    }
    for result in published { svg += line(result, frame) }
    for (index, run) in runs.enumerated() {
      svg += "<path class=\"line s\(index % ChartStyle.colours)\" d=\"\(path(run.curve, frame))\"/>\n"
    }
    // On top of the runs it follows, which show between its dashes.
    for group in groups { svg += "<path class=\"envelope\" d=\"\(path(group, frame))\"/>\n" }
    for (index, run) in runs.enumerated() {
      for radius in radii where radius <= frame.end {
        let mark = ChartMarker.of(index).path(frame.x(radius), frame.y(run.curve.share(atRadius: radius).value))
        svg += "<path class=\"fill mark s\(index % ChartStyle.colours)\" d=\"\(mark)\"/>\n"
      }
    }
    for (position, entry) in legend.enumerated() {
      let y = Coordinate.text(frame.bottom + 64 + 22 * Double(position))
      let short = entry.text.count > 92 ? entry.text.prefix(90) + "…" : entry.text[...]
      svg += """
        <g transform="translate(62 \(y))">\(entry.sign)<text x="46" y="4.5">\(short)</text></g>

        """
    }
    svg += "</svg>\n"
    return svg
  }

  /// The chart in a sentence for each run, for those who do not see it.
  public var summary: String {
    let parts = runs.map { run in
      let values = radii.map {
        "\(run.curve.share(atRadius: $0).percent()) % at r = \(DecimalText.radius($0))"
      }
      return "\(run.name): \(values.joined(separator: ", "))."
    }
    return "Step curves, one for each run. " + parts.joined(separator: " ") + " A table with more radii follows."
  }

  private func path(_ curve: CertifiedCurve, _ frame: ChartFrame) -> String {
    frame.path(curve.steps.map { ($0.radius, Double($0.count) / Double(curve.total)) })
  }

  private func path(_ group: BestOverSigma, _ frame: ChartFrame) -> String {
    frame.path(group.radii.map { ($0, group.best(atRadius: $0).share.value) })
  }

  /// The outline of a band: its upper steps forwards, its lower steps backwards.
  private func band(_ curve: CertifiedCurve, _ kind: ConfidenceBand.Kind, _ frame: ChartFrame) -> String {
    let band = ConfidenceBand(kind, confidence: confidence)
    let steps = curve.steps + [.init(radius: frame.end, count: 0)]
    var columns: [(x: Double, most: Int, least: Int)] = []
    for step in steps {
      var x = frame.x(step.radius)
      if steps.count > Self.exactBandSteps {
        x.round(.up)
        if let last = columns.last, last.x == x {
          columns[columns.count - 1].least = step.count
          continue
        }
      }
      columns.append((min(x, frame.right), step.count, step.count))
    }
    var upper = "M\(Coordinate.text(frame.left)) \(Coordinate.text(frame.y(0)))"
    var lower = ""
    for column in columns {
      let high = band.interval(Share(column.most, of: curve.total)).upperBound
      let low = band.interval(Share(column.least, of: curve.total)).lowerBound
      let x = Coordinate.text(column.x)
      upper += "V\(Coordinate.text(frame.y(high)))H\(x)"
      lower = "H\(x)V\(Coordinate.text(frame.y(low)))" + lower
    }
    return upper + lower + "H\(Coordinate.text(frame.left))Z"
  }

  private func line(_ result: PublishedResult, _ frame: ChartFrame) -> Markup {
    let places = result.points.sorted { $0.radius < $1.radius }
      .map { (x: frame.x($0.radius), y: frame.y($0.accuracy / 100)) }
    let line = places.map { "\(Coordinate.text($0.x)) \(Coordinate.text($0.y))" }.joined(separator: "L")
    var svg: Markup = "<path class=\"published\" d=\"M\(line)\"/>\n"
    for place in places {
      svg += "<path class=\"published mark\" d=\"\(marker(result).path(place.x, place.y))\"/>\n"
    }
    return svg
  }

  func marker(_ result: PublishedResult) -> ChartMarker {
    ChartMarker.of(published.firstIndex(of: result) ?? 0)
  }

  /// The data behind the chart: every step where they are few, otherwise evenly spaced radii and the chosen ones.
  public func dataTable() -> ReportTable {
    let steps = Set(runs.flatMap(\.curve.radii))
    let end = frame.end
    let shown: [Double]
    if steps.count <= 60 {
      shown = steps.union(radii.filter { $0 <= end }).union([0]).sorted()
    } else {
      let spacing = AxisTicks(upTo: end).step / 5
      let even = (0...Int(end / spacing)).map { (Double($0) * spacing * 1e6).rounded() / 1e6 }
      shown = Set(even).union(radii.filter { $0 <= end }).sorted()
    }
    let pointwise = ConfidenceBand(.pointwise, confidence: confidence)
    let level = DecimalText.nearest(confidence * 100, digits: 0)
    var table = ReportTable(
      caption: "Certified accuracy (%) by radius, with the \(level) % interval at that radius alone",
      columns: [.init("r (pixels)", .left)] + runs.map { .init($0.name) })
    for radius in shown {
      // A radius is shown in full: rounded down it would claim the accuracy of a smaller one.
      table.rows.append(
        .init(
          [DecimalText.radius(radius)]
            + runs.map { run in
              let share = run.curve.share(atRadius: radius)
              let ends = pointwise.percents(share)
              return "\(share.percent()) (\(ends.lower) … \(ends.upper))"
            }))
    }
    return table
  }
}
