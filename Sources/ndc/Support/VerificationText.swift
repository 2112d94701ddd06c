import NoisedDiffusionClassifiers

/// What `ndc verify` found, for people.
struct VerificationText {
  let report: VerificationReport

  init(_ report: VerificationReport) { self.report = report }

  var text: String {
    var lines = report.failures.map { "FAILS  \($0)" }
    if report.failureCount > report.failures.count {
      lines.append("FAILS  … and \(report.failureCount - report.failures.count) more")
    }
    lines += report.unchecked.map { "NOT CHECKED  \(Self.hinted($0))" }
    lines += report.differing.map { "DIFFERS  \($0)" }
    lines += report.engineDifferences.map { "note: another engine than the run's: \($0)" }
    if let claim = report.claim, let beyond = report.beyondClaim {
      lines.append("note: the run began with a joint claim about \(claim) images; the \(beyond) beyond them carry none")
    }
    if let whole = report.partialOf {
      lines.append("note: the run is partial: of the whole's \(whole) images it has \(report.images)")
    }
    if let shard = report.shard { lines.append("note: the run is shard \(shard) of a larger one") }
    lines.append("\(report.records) records of \(report.images) images")
    if report.redrawn.isEmpty {
      lines.append("no votes were drawn again")
    } else {
      let seed = report.redrawSeed.map { ", chosen by seed \($0)" } ?? ""
      lines.append(
        "votes of \(report.redrawn.count) images drawn again\(seed): \(report.confirmed) the same bit for bit")
    }
    lines.append(verdict)
    return lines.joined(separator: "\n")
  }

  /// With the option that names where something lies.
  static func hinted(_ unchecked: VerificationFailure) -> String {
    let field = unchecked.field ?? ""
    let option =
      field.hasPrefix("model.unconditional")
      ? "--unconditional-model" : field.hasPrefix("model") ? "--model" : field.hasPrefix("data") ? "--data" : nil
    return unchecked.description + (option.map { "; \($0) names where the run's lies now" } ?? "")
  }

  private var verdict: String {
    switch report.verdict {
    case .holds: "everything that was checked holds"
    case .unconfirmed where !report.unchecked.isEmpty: "nothing contradicts the run, but not all could be checked"
    case .unconfirmed: "nothing contradicts the run, but its votes cannot be confirmed bit for bit here"
    case .fails: "the run does not hold"
    }
  }
}
