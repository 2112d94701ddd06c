import Basics

/// How a run was made, as name and value.
struct ProvenanceList {
  let run: ReportedRun

  var entries: [(name: String, value: String)] {
    guard let origin = run.origin else { return [("Table", run.source)] }
    func text(_ path: String) -> String? { origin[path].map { origin.text(path) ?? $0.description } }
    var entries: [(String, String?)] = [
      ("Run directory", run.source),
      ("Command", "ndc " + origin.arguments.map(Self.quoted).joined(separator: " ")),
      ("Begun", text("created")),
      ("Program", [text("program.name"), text("program.version")].compactMap { $0 }.joined(separator: " ")),
      ("Model", text("model.source")), ("Model’s SHA-256", text("model.digest")),
      ("Unconditional model", text("model.unconditionalSource")),
      ("Its SHA-256", text("model.unconditionalDigest")),
      ("Architecture", text("model.architecture")), ("Data", text("data.source")),
      ("Data’s SHA-256", text("data.digest")), ("Images made to fit", text("data.adaptation")),
      ("Classifier", text("classifier.description")), ("Precision", text("classifier.precision")),
      ("σ (pixels)", text("smoothing.sigma")), ("Selection votes n₀", text("smoothing.selectionSamples")),
      (origin.stop == "fixed" ? "Estimation votes n" : "Estimation votes, at most", text("smoothing.samples")),
      ("α", text("smoothing.alpha")),
      ("Stopping rule", stoppingRule(origin)), ("Seed", text("smoothing.seed")),
      ("Images", images(origin)), ("Instruction set", text("host.instructionSet")),
      ("Libraries", libraries(origin)), ("Processor", text("host.processor")), ("System", text("host.system")),
      ("Threads", text("execution.threads")),
    ]
    entries.removeAll { $0.1?.isEmpty ?? true }
    return entries.map { ($0.0, $0.1 ?? "") }
  }

  private func stoppingRule(_ origin: RunOrigin) -> String {
    if origin.stop == "fixed" { return "fixed: after n votes, decided beforehand" }
    let targets = origin.targetRadii.map(DecimalText.radius).joined(separator: ", ")
    return "\(origin.stop): a bound valid at every number of votes"
      + (targets.isEmpty ? "" : "; voting ends when the radius \(targets) is decided")
      + (origin.number("smoothing.radiusTolerance").map {
        "; voting ends when the radius can grow by no more than \(DecimalText.radius($0))"
      } ?? "")
  }

  private func images(_ origin: RunOrigin) -> String {
    let count = origin.imageCount.map(String.init) ?? "\(run.images.count)"
    if case .array(let listed)? = origin["images.listed"] { return "\(count) of \(listed.count) listed" }
    let first = origin.integer("images.first") ?? 0
    let stride = origin.integer("images.stride") ?? 1
    return "\(count), from index \(first), every \(stride == 1 ? "one" : Self.ordinal(stride))"
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

  private func libraries(_ origin: RunOrigin) -> String? {
    guard case .object(let members)? = origin["host.libraries"] else { return nil }
    return members.keys.sorted().map { "\($0) \(origin.text("host.libraries.\($0)") ?? "")" }.joined(separator: ", ")
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
