import Basics
import Records

/// How a run was made, as name and value.
struct ProvenanceList {
  let run: ReportedRun

  var entries: [(name: String, value: String)] {
    guard let origin = run.origin else { return [("Table", run.source)] }
    let (model, data, classifier, smoothing) = (origin.model, origin.data, origin.classifier, origin.smoothing)
    let rule = origin.rule?.behaviour
    var entries: [(String, String?)] = [
      ("Run directory", run.source),
      ("Command", "ndc " + (origin.arguments ?? []).map(Self.quoted).joined(separator: " ")),
      ("Begun", origin.created),
      ("Program", [origin.program?.name, origin.program?.version].compactMap { $0 }.joined(separator: " ")),
      ("Model", model?.source), ("Model’s SHA-256", model?.digest),
      ("Unconditional model", model?.unconditionalSource),
      ("Its SHA-256", model?.unconditionalDigest),
      ("Architecture", model?.architecture), ("Data", data?.source),
      ("Data’s SHA-256", data?.digest), ("Images made to fit", data?.adaptation),
      ("Classifier", classifier?.description), ("Votes by", votingClassifier(model)),
      ("Levels beyond the trained ones", extrapolation(classifier)),
      ("Classes", origin.classes.map { $0.labels.map(run.className).joined(separator: ", ") }),
      ("Images of other classes", origin.otherClasses.map { $0 == .skipped ? "left out" : "counted as wrong" }),
      ("Precision", classifier?.precision),
      ("σ (pixels)", smoothing?.sigma.map(DecimalText.radius)),
      ("Selection votes n₀", smoothing?.selectionSamples.map(String.init)),
      (rule.map { type(of: $0).samplesTitle } ?? "Estimation votes", smoothing?.samples.map(String.init)),
      ("α", smoothing?.alpha.map(DecimalText.radius)),
      ("Stopping rule", rule?.summary ?? smoothing?.stop), ("Seed", smoothing?.seed.map(String.init)),
      ("Images", images(origin)), ("Merged from", merged(origin)), ("Instruction set", origin.host?.instructionSet),
      ("Libraries", libraries(origin.host)), ("Processor", origin.host?.processor), ("System", origin.host?.system),
      ("Threads", origin.execution?.threads.map(String.init)),
    ]
    entries.removeAll { $0.1?.isEmpty ?? true }
    return entries.map { ($0.0, $0.1 ?? "") }
  }

  /// The served classifier behind a denoiser; where it is the model itself, that is named already.
  private func votingClassifier(_ model: RunOrigin.Model?) -> String? {
    model?.classifierSource == model?.source ? nil : model?.classifierSource
  }

  private func extrapolation(_ classifier: RunOrigin.Classifier?) -> String? {
    guard let found = classifier?.extrapolation, found.levels.count == 2, found.trained.count == 2 else { return nil }
    return
      "\(found.levels[0]) to \(found.levels[1]), the network was trained from \(found.trained[0]) to \(found.trained[1])"
  }

  private func images(_ origin: RunOrigin) -> String {
    if run.parts.count > 1 { return "\(run.images.count), in \(run.parts.count) parts" }
    let count = origin.images?.count ?? run.images.count
    if let listed = origin.images?.listed { return "\(count) of \(listed.count) listed" }
    let first = origin.images?.first ?? 0
    let stride = origin.images?.stride ?? 1
    return "\(count), from index \(first), every \(stride == 1 ? "one" : Self.ordinal(stride))"
  }

  private func merged(_ origin: RunOrigin) -> String? {
    guard let merged = origin.merged, let parts = merged.parts else { return nil }
    let hosts = Set(parts.compactMap(\.host)).count
    return "\(parts.count) part\(parts.count == 1 ? "" : "s") from \(hosts) machine\(hosts == 1 ? "" : "s")"
      + (merged.partialOf.map { "; partial, of \($0) images" } ?? "")
  }

  /// 2nd, 3rd, 11th, 21st.
  private static func ordinal(_ number: Int) -> String {
    let ending =
      switch (number % 10, number % 100) {
      case (1, let last) where last != 11: "st"
      case (2, let last) where last != 12: "nd"
      case (3, let last) where last != 13: "rd"
      default: "th"
      }
    return "\(number)\(ending)"
  }

  private func libraries(_ host: RunOrigin.Host?) -> String? {
    host?.libraries?.sorted { $0.key < $1.key }.map { "\($0) \($1)" }.joined(separator: ", ")
  }

  /// An argument as a shell would need it.
  private static func quoted(_ argument: String) -> String {
    let plain = argument.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "-_=./,:+@%".contains($0)) }
    return plain && !argument.isEmpty ? argument : "'" + argument.replacing("'", with: "'\\''") + "'"
  }

  func html() -> Markup {
    var html: Markup = "<dl>\n"
    for entry in entries { html += "<dt>\(entry.name)</dt><dd>\(entry.value)</dd>\n" }
    html += "</dl>\n"
    return html
  }
}
