import Basics
import Certification

/// Cards of the images that say most, which a reader can filter.
struct GallerySection {
  let report: HTMLReport

  func html() -> Markup {
    let intro: Markup = """
      <p>Hardest are the images with the fewest votes for their label, easiest those with the most. The noisy copy is \
      that of the first estimation vote; its denoising takes one step, without being told a class where the model can. \
      Losses are those of that vote, every class evaluated to the end; a run that drops classes early may vote for \
      another than the smallest. The image’s label is in bold.</p>

      """
    return report.galleries.keys.sorted().reduce(into: intro) { html, position in
      guard let gallery = report.galleries[position] else { return }
      html += section(report.runs[position], gallery, position: position)
    }
  }

  private func section(_ run: ReportedRun, _ gallery: HTMLReport.Gallery, position: Int) -> Markup {
    var html: Markup = report.runs.count > 1 ? "<h3>\(run.name)</h3>\n" : ""
    if let absence = gallery.absence {
      html += "<p class=\"warn\"><strong>No pictures.</strong> \(absence) Votes and radii are shown alone.</p>\n"
    }
    html += """
      <div class="gallery">
      <fieldset><legend>Show</legend>
      <label><input type="radio" name="show\(position)" class="show-all" checked> all</label>

      """
    for reason in GallerySelection.Reason.allCases
    where gallery.selection.entries.contains(where: {
      $0.reasons.contains(reason)
    }) {
      html += """
        <label><input type="radio" name="show\(position)" class="show-\(reason.rawValue)"> \(reason.rawValue)</label>

        """
    }
    html += "</fieldset>\n<ul class=\"cards\">\n"
    for entry in gallery.selection.entries {
      html += Self.card(run, entry, gallery.explanations[run.images[entry.position].index])
        .html(headingLevel: report.runs.count > 1 ? 4 : 3)
    }
    html += "</ul></div>\n"
    return html
  }

  static func card(
    _ run: ReportedRun, _ entry: GallerySelection.Entry, _ explanation: ImageExplanation?
  ) -> GalleryCard {
    let image = run.images[entry.position]
    return GalleryCard(
      title: "Image \(image.index), label \(run.className(image.label))",
      answer: answer(run, image), reasons: entry.reasons, votes: image.record?.votes ?? [],
      classes: image.record?.classes,
      explanation: explanation, sigma: run.sigma, label: image.label,
      className: { run.className($0) })
  }

  private static func answer(_ run: ReportedRun, _ image: CertifiedImage) -> String {
    switch image.outcome {
    case .certified(let label, let radius):
      let verdict = image.correct ? "correct" : "wrong"
      return "Class \(run.className(label)), \(verdict); certified radius \(DecimalText.down(radius, digits: 4))"
    case .abstained:
      guard let record = image.record else { return "Abstains" }
      let reason = AbstentionText.reason(
        votes: record.votes, candidate: record.candidate, classes: record.classes, className: run.className)
      return "Abstains: \(reason)"
    }
  }
}
