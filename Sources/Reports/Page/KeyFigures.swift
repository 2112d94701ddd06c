import Basics

/// The numbers of a single run that are asked for first.
struct KeyFigures {
  let run: ReportedRun
  let radii: [Double]

  /// More radii than this are left to the table.
  private static let mostRadii = 4

  private var figures: [(name: String, value: String, note: String)] {
    let images = run.images.count
    func share(_ name: String, _ share: Share) -> (String, String, String) {
      (name, "\(share.percent()) %", "\(share.count) of \(images)")
    }
    let acr = DecimalText.down(run.curve.averageCertifiedRadius, digits: 4)
    return [share("Clean", run.correct)]
      + radii.prefix(Self.mostRadii).map { share("At r = \(DecimalText.radius($0))", run.curve.share(atRadius: $0)) }
      + [
        ("ACR", acr, run.caveat.map { "\($0.mark): not comparable" } ?? "pixels"),
        share("Abstentions", run.abstained),
      ]
  }

  func html() -> Markup {
    let items = figures.map {
      "<div><dt>\($0.name)</dt><dd><strong>\($0.value)</strong> <span>\($0.note)</span></dd></div>\n" as Markup
    }
    return "<dl class=\"figures\">\n\(items)</dl>\n"
  }
}
