import Basics

/// The empirical distribution of the votes' lower bounds, as exact steps from p = 0 to 1.
struct LowerBoundChart {
  let runs: [ReportedRun]

  private let frame = ChartFrame(
    end: 1, name: "lower bound on the probability of the image’s label", side: "images (%)")

  /// nil where no run keeps votes.
  func svg() -> Markup? {
    let curves = runs.enumerated().compactMap { index, run in run.lowerBounds.map { (index, run.name, $0) } }
    guard !curves.isEmpty else { return nil }
    let summary = curves.map { _, name, curve in
      "\(name): " + [0.5, 0.9].map { "\(curve.share(atLeast: $0).percent()) % at p = \($0)" }.joined(separator: ", ")
    }.joined(separator: ". ")
    var svg: Markup = """
      <svg class="chart" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 760 \(Coordinate.text(frame.bottom + 62))" \
      role="img" aria-labelledby="bounds-name bounds-text">
      <title id="bounds-name">Distribution of the votes’ lower bounds</title>
      <desc id="bounds-text">Step curves, one for each run. \(summary). A table with more levels follows.</desc>

      """
    svg += frame.axes()
    for (index, _, curve) in curves {
      svg += "<path class=\"line s\(index % ChartStyle.colours)\" d=\"\(path(curve))\"/>\n"
    }
    svg += "</svg>\n"
    return svg
  }

  private func path(_ curve: LowerBoundCurve) -> String {
    frame.path(curve.steps.map { ($0.bound, Double($0.count) / Double(curve.total)) })
  }
}
