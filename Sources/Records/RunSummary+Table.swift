import Basics

extension RunSummary {
  /// The summary for people, two columns; shares and radii are rounded down.
  public var table: String {
    var rows = [("images", "\(images)")]
    if let partialOf { rows[0].1 += " of \(partialOf): the run is partial" }
    if images > 0 {
      rows += [
        (
          "accuracy",
          "\(DecimalText.percent(correct, of: images))  (\(correct) of \(images); abstentions count as wrong)"
        ),
        ("abstentions", "\(abstentions)"),
      ]
      rows += certified.map { point in
        (
          "certified accuracy at \(DecimalText.down(point.radius, digits: 2))",
          "\(DecimalText.percent(point.images, of: images))  (\(point.images) of \(images))"
        )
      }
      rows.append(("average certified radius", DecimalText.down(averageCertifiedRadius, digits: 4)))
    }
    if let beyondClaim { rows.append(("images without joint claim", "\(beyondClaim)")) }
    if invalidVotes > 0 { rows.append(("invalid votes (NaN)", "\(invalidVotes)")) }
    rows += [
      ("evaluations", "\(evaluations)"),
      ("evaluations/s", DecimalText.down(evaluationsPerSecond, digits: 1)),
      ("time", DecimalText.shortClock(seconds)),
    ]
    let width = rows.map(\.0.count).max() ?? 0
    return rows.map { name, value in
      name + String(repeating: " ", count: width - name.count) + "  " + value
    }.joined(separator: "\n") + "\n"
  }
}
