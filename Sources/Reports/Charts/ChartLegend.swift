/// What each line of a chart is.
struct ChartLegend {
  /// A piece of the line with its marker, 38 units wide around y = 0, and what it stands for.
  let entries: [(sign: Markup, text: String)]

  init(_ chart: AccuracyChart) {
    func stroke(_ style: String) -> Markup { "<path class=\"\(style)\" d=\"M0 0h38\"/>" }
    var entries: [(sign: Markup, text: String)] = []
    for (index, run) in chart.runs.enumerated() {
      let colour = "s\(index % ChartStyle.colours)"
      let marker = ChartMarker.of(index).path(19, 0)
      entries.append(
        ("\(stroke("line \(colour)"))<path class=\"fill mark \(colour)\" d=\"\(marker)\"/>", run.name))
    }
    for group in BestOverSigma.groups(chart.runs) {
      entries.append((stroke("envelope"), "best over σ (display only): \(group.name)"))
    }
    for result in chart.published {
      let marker = chart.marker(result).path(19, 0)
      let bounds = result.points.contains { $0.relation != "=" } ? ", as lower bounds" : ""
      entries.append(
        (
          "\(stroke("published"))<path class=\"published mark\" d=\"\(marker)\"/>",
          "published, not measured here: \(result.name), \(result.dataset)\(bounds)"
        ))
    }
    self.entries = entries
  }

  /// A list beside the picture, whose lines wrap as text does.
  func html() -> Markup {
    let items = entries.map { entry in
      """
      <li><svg class="chart" viewBox="-1 -7 40 14" width="40" height="14" aria-hidden="true">\(entry.sign)</svg>\
      <span>\(entry.text)</span></li>

      """ as Markup
    }
    return "<ul class=\"legend\">\n\(items)</ul>\n"
  }
}
