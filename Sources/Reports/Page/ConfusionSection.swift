/// The base classifier's votes, label against class voted for.
struct ConfusionSection {
  let run: ReportedRun

  /// Beyond this many classes only the worst pairs are listed.
  private static let largestMatrix = 25
  private static let listedPairs = 30

  func html() -> Markup {
    guard let confusion = VoteConfusion(run), let accuracy = confusion.accuracy else {
      return "<p class=\"soft\">Votes of the base classifier are not known for \(run.name).</p>\n"
    }
    var html: Markup = """
      <p>Of \(accuracy.total) votes of the base classifier on noisy copies, \(accuracy.percent()) % are for the image’s \
      own class.</p>

      """
    if Set(run.images.compactMap { $0.record?.samples }).count > 1 {
      html += "<p>Images got different numbers of votes, the harder ones more: each counts by its votes.</p>\n"
    }
    html += confusion.counts.count <= Self.largestMatrix ? matrix(confusion) : pairs(confusion)
    return html
  }

  private func matrix(_ confusion: VoteConfusion) -> Markup {
    let caption = "Votes of the base classifier (%) by the image’s label: \(run.name)"
    var html: Markup = """
      <div class="scroll" role="region" aria-label="\(caption)" tabindex="0">
      <table class="confusion"><caption>\(caption)</caption>
      <thead><tr><th scope="col">Label</th>
      """
    let classes = confusion.classes.labels
    // The rows tell the names; beside one another they would be too wide for any page.
    for label in classes { html += "<th scope=\"col\" class=\"n\" title=\"\(run.className(label))\">\(label)</th>" }
    html += "<th scope=\"col\" class=\"n\">NaN</th><th scope=\"col\" class=\"n\">Votes</th></tr></thead><tbody>\n"
    for (row, label) in confusion.labels.enumerated() {
      let total = confusion.votes(inRow: row)
      html += "<tr><th scope=\"row\">\(run.className(label))</th>"
      for (place, voted) in classes.enumerated() {
        html += cell(confusion.counts[row][place], of: total, isOwn: voted == label)
      }
      html += cell(confusion.invalid[row], of: total, isOwn: false)
      html += "<td class=\"n\">\(total)</td></tr>\n"
    }
    html += "</tbody></table></div>\n"
    return html
  }

  /// A share on a tint of its size; never so dark that its text would lose contrast.
  private func cell(_ count: Int, of total: Int, isOwn: Bool) -> Markup {
    guard total > 0 else { return "<td>–</td>" }
    let share = Share(count, of: total)
    let tint = Coordinate.text(0.04 + 0.31 * share.value.squareRoot())
    let style: Markup = count == 0 ? "" : " style=\"background:rgba(var(--heat),\(tint))\""
    if count == 0, !isOwn { return "<td class=\"soft\">0</td>" }
    let text = count == 0 ? "0" : share.percent(digits: 1)
    return isOwn ? "<td\(style)><strong>\(text)</strong></td>" : "<td\(style)>\(text)</td>"
  }

  private func pairs(_ confusion: VoteConfusion) -> Markup {
    var table = ReportTable(
      caption: "Classes most often confused by the base classifier: \(run.name)",
      columns: [.init("Label", .left), .init("Voted for", .left), .init("Share of the label’s votes (%)")])
    for pair in confusion.worst(Self.listedPairs) {
      table.rows.append(
        .init([run.className(pair.label), run.className(pair.voted), pair.share.percent()]))
    }
    return table.html()
  }
}
