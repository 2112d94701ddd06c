import Basics
import Certification
import Foundation

/// The page that `ndc report` writes: curves, tables, gallery, and how the numbers were made.
public struct HTMLReport: Sendable {
  public var runs: [ReportedRun]
  public var published: [PublishedResult]
  /// r of the tables, in pixels.
  public var radii: [Double]
  /// Of the bands.
  public var confidence: Double
  /// The gallery of each run by its position; absent where none is wanted.
  public var galleries: [Int: Gallery]
  /// The version that writes the page.
  public var program: String

  /// Cards of one run, and why some lack their pictures.
  public struct Gallery: Sendable {
    public var selection: GallerySelection
    /// By data set index.
    public var explanations: [Int: ImageExplanation]
    /// Why there are no pictures; nil where there are.
    public var absence: String?

    public init(selection: GallerySelection, explanations: [ImageExplanation] = [], absence: String? = nil) {
      self.selection = selection
      self.explanations = Dictionary(explanations.map { ($0.index, $0) }, uniquingKeysWith: { first, _ in first })
      self.absence = absence
    }
  }

  public init(
    runs: [ReportedRun], published: [PublishedResult] = [], radii: [Double], confidence: Double = 0.95,
    galleries: [Int: Gallery] = [:], program: String = "ndc"
  ) {
    precondition(!runs.isEmpty, "a report is about runs")
    self.runs = runs
    self.published = published
    self.radii = radii
    self.confidence = confidence
    self.galleries = galleries
    self.program = program
  }

  public var tables: ResultTables {
    ResultTables(runs: runs, published: published, radii: radii, confidence: confidence)
  }

  public var chart: AccuracyChart {
    AccuracyChart(runs: runs, published: published, radii: radii, confidence: confidence)
  }

  /// Warnings that belong beside the numbers they concern.
  public var warnings: [String] {
    var warnings: [String] = []
    // A single run's own note says it.
    if runs.count > 1 { warnings += Set(runs.compactMap { $0.caveat?.warning }).sorted() }
    warnings += BestOverSigma.conflicts(runs)
    if !BestOverSigma.groups(runs).isEmpty { warnings.append(BestOverSigma.warning) }
    let budgets = Set(runs.compactMap(\.voteBudget))
    if budgets.count > 1 {
      let list = budgets.sorted().map(String.init).joined(separator: ", ")
      warnings.append(
        "The runs have different budgets of votes (at most \(list) an image): radii, their average and certified accuracy "
          + "at large radii grow with the votes.")
    }
    let alphas = Set(runs.compactMap { $0.origin?.alpha })
    if alphas.count > 1 {
      let list = alphas.sorted().map { DecimalText.radius($0) }.joined(separator: ", ")
      warnings.append("The runs have different α (\(list)): their radii do not mean the same.")
    }
    if Set(runs.compactMap(\.origin).map(\.classes)).count > 1 {
      warnings.append("The runs choose among different classes: fewer classes are an easier question.")
    }
    if Set(runs.map { Set($0.images.map(\.index)) }).count > 1
      || Set(runs.compactMap { $0.origin?.data?.digest }).count > 1
    {
      warnings.append("The runs are not on the same images: differences between them include those of the images.")
    }
    if !published.isEmpty {
      let sets = Set(published.map(\.dataset)).sorted().joined(separator: ", ")
      warnings.append(
        "Published results were not measured here. They are on \(sets), with their authors’ images, votes and models.")
    }
    return warnings
  }

  /// The page.
  public func html() -> String {
    let title =
      runs.count == 1 ? "Certified accuracy: \(runs[0].name)" : "Certified accuracy of \(runs.count) runs"
    var sections: [(anchor: String, title: String, content: Markup)] = [
      ("curve", "Certified accuracy", curveSection()), ("table", "Table", tableSection()),
      ("classes", "Classes", classSection()),
    ]
    if !galleries.isEmpty {
      sections.append(("gallery", "Gallery", GallerySection(report: self).html()))
    }
    sections.append(("guarantee", "What is guaranteed", guaranteeSection()))
    sections.append(("provenance", "How it was made", provenanceSection()))
    var body: Markup = ""
    for section in sections {
      body += """
        <section id="\(section.anchor)" aria-labelledby="\(section.anchor)-title">
        <h2 id="\(section.anchor)-title">\(section.title)</h2>
        \(section.content)</section>

        """
    }
    let images = Set(runs.map(\.images.count)).sorted().map(String.init).joined(separator: ", ")
    return HTMLPage.render(
      title: title, subtitle: "\(images) images; L2 radii in pixels, where an image spans [0, 1].",
      navigation: sections.map { ($0.anchor, $0.title) }, body: body,
      footer: """
        <p>Written by \(program). Accuracies, bounds and radii are rounded down, upper ends of intervals up. This page \
        loads nothing and runs nothing.</p>
        """)
  }

  private func curveSection() -> Markup {
    var html: Markup = runs.count == 1 ? KeyFigures(run: runs[0], radii: radii).html() : ""
    let about = runs.flatMap { run in run.notes.map { "<li><strong>\(run.name).</strong> \($0)</li>\n" as Markup } }
    if !warnings.isEmpty || !about.isEmpty {
      let general = warnings.map { "<li>\($0)</li>\n" as Markup }
      html += "<div class=\"warn\"><p><strong>Read this first</strong></p>\n<ul>\n\(general)\(about)</ul></div>\n"
    }
    let level = DecimalText.nearest(confidence * 100, digits: 0)
    var drawing = chart
    drawing.bands = ConfidenceBand.Kind.allCases
    html += """
      <div class="chooser">
      <fieldset><legend>Confidence band (\(level) %)</legend>
      <label><input type="radio" name="band" class="choose-pointwise" checked> at each radius alone</label>
      <label><input type="radio" name="band" class="choose-simultaneous"> for the whole curve</label>
      <label><input type="radio" name="band" class="choose-none"> none</label>
      </fieldset>
      <figure>
      <p class="side-name" aria-hidden="true">certified accuracy (%)</p>
      \(drawing.svg(standalone: false))\
      \(ChartLegend(drawing).html())\
      <figcaption class="soft">The share of all images that are classified correctly with a certified radius of at \
      least r. Steps are exact. The band says how far the accuracy on other images of the kind may lie from these \
      (images taken as independent draws): at each radius alone by Clopper and Pearson’s exact interval, for the whole \
      curve at once by the inequality of Dvoretzky, Kiefer, Wolfowitz and Massart.</figcaption>
      </figure>
      </div>
      <details><summary>The data behind the chart</summary>
      \(chart.dataTable().html())</details>

      """
    return html
  }

  private func tableSection() -> Markup {
    var html = tables.certified().html()
    html += """
      <p class="soft">Clean: correct at r = 0, abstentions count as wrong. ACR: mean over all images of \
      radius · correct. \(LowerBoundCurve.caution)</p>

      """
    html += lowerBoundSection()
    html += tables.cost().html()
    html +=
      "<details><summary>Intervals for other images of the kind</summary>\n\(tables.intervals().html())</details>\n"
    if !published.isEmpty {
      html += "<h3>Sources of the published results</h3>\n<ul>\n"
      for result in published {
        // Only addresses of the web become links.
        let isWeb = result.source.url.hasPrefix("https://")
        let link: Markup =
          isWeb ? "<a href=\"\(result.source.url)\">\(result.source.url)</a>" : "\(result.source.url)"
        html += "<li>\(result.name), \(result.dataset): \(result.protocolNote) \(result.source.text) \(link)</li>\n"
      }
      html += "</ul>\n"
    }
    return html
  }

  private func lowerBoundSection() -> Markup {
    guard let table = tables.lowerBounds(), let svg = LowerBoundChart(runs: runs).svg() else {
      return "<p class=\"soft\">Tables of other tools keep no votes: their distribution cannot be shown.</p>\n"
    }
    let end =
      runs.contains { $0.caveat != nil }
      ? " Where voting stopped early, bounds too are those at which it stopped." : ""
    return """
      <figure>
      <p class="side-name" aria-hidden="true">images (%)</p>
      \(svg)\
      <figcaption class="soft">The share of all images whose lower bound on the probability of their own label is at \
      least p; a wrong candidate counts as 0. Beyond p = ½ this is certified accuracy at r = σ·Φ⁻¹(p). Colours are those \
      above.\(end)</figcaption>
      </figure>
      \(table.html())
      """
  }

  private func classSection() -> Markup {
    runs.reduce(into: "" as Markup) { html, run in
      if runs.count > 1 { html += "<h3>\(run.name)</h3>\n" }
      html += tables.perClass(run).html()
      if let bounds = tables.lowerBoundsPerClass(run) { html += bounds.html() }
      html += ConfusionSection(run: run).html()
    }
  }

  private func guaranteeSection() -> Markup {
    runs.reduce(into: "" as Markup) { html, run in
      if runs.count > 1 { html += "<h3>\(run.name)</h3>\n" }
      html += GuaranteeText(run: run).html(radii: radii)
    }
  }

  private func provenanceSection() -> Markup {
    runs.reduce(into: "" as Markup) { html, run in
      if runs.count > 1 { html += "<h3>\(run.name)</h3>\n" }
      html += ProvenanceList(run: run).html()
    }
  }
}
