import ArgumentParser
import NoisedDiffusionClassifiers

struct InspectCommand: ParsableCommand, NamesFiles {
  static let configuration = CommandConfiguration(
    commandName: "inspect",
    abstract: "What a model is: architecture, parameters, what it can do, digest.",
    discussion: """
      Without a model: the bundled one of digits. Every tensor is checked against the architecture. Of a model served elsewhere \
      its metadata, and what is found out by asking: its fingerprint, and whether rows depend on their companions.
      """)

  @Argument(
    help: ArgumentHelp(
      DescriptionOptions.model + " Or the address of a model served elsewhere, http[s]://HOST[:PORT]/v2/models/NAME.",
      valueName: "model"))
  var model: String?

  @OptionGroup var description: DescriptionOptions

  @OptionGroup(title: "Models served elsewhere") var served: ServedOptions

  @Flag(help: "List the step programs' kernels too.")
  var kernels = false

  @Flag(help: "Print one JSON object.")
  var json = false

  var files: FilePlan {
    get throws {
      var plan = FilePlan()
      plan.read(model: model)
      plan.read(description: description.modelConfig)
      return plan
    }
  }

  mutating func validate() throws {
    if kernels, let model, ServedAddress.isAddress(model) {
      throw ValidationError("--kernels \(model): those of a served model are its server's")
    }
  }

  func run() throws {
    if let model, ServedAddress.isAddress(model) { return try inspect(address: model) }
    let report = try ModelInspection(
      BundledModel.path(naming: model ?? BundledModel.mnist.rawValue), description: description.modelConfig)
    for remark in report.remarks { Output.notice(remark) }
    if json { return try Output.json(report) }
    let summary = ModelSummary(report.architecture)
    var rows = [
      ("file", report.file), ("sha256", report.digest), ("network", summary.network),
      ("preconditioning", summary.preconditioning), ("image", "\(report.imageShape)"),
      ("classes", report.classes == 0 ? "none (unconditional)" : "\(report.classes)"),
    ]
    if let names = report.notes.classNames {
      rows.append(("class names", names.prefix(10).joined(separator: ", ") + (names.count > 10 ? ", …" : "")))
    }
    rows += summary.details
    rows += [
      ("parameters", "\(report.parameters) in \(report.tensors) tensors"),
      ("unconditional", unconditional(report)),
      ("classifiers", report.methods.isEmpty ? "none: it has no classes" : report.methods.joined(separator: ", ")),
      ("memory per worker", "\(report.workerBytes >> 20) MiB beside the weights"),
      ("precisions here", report.precisionsHere.joined(separator: ", ")),
      ("int8", report.quantization.map(line) ?? "not measured; see ndc quantize"), ("engine", report.engine),
    ]
    if let low = report.notes.sigmaMinimum, let high = report.notes.sigmaMaximum, high.isFinite {
      rows.append(("trained noise levels", "\(low) to \(high)"))
    }
    if let training = report.training { rows.append(("training", training)) }
    for item in report.notes.description ?? [] { rows.append((item.key, "\(item.value) (\(item.origin))")) }
    for (name, value) in rows { Output.line(padded(name, 20) + value) }
    guard kernels else { return }
    for network in report.networks {
      Output.line("steps in \(network.precision.rawValue)")
      for (step, kernel) in network.implementations { Output.line("  " + padded(step, 40) + kernel) }
    }
  }

  private func inspect(address: String) throws {
    let report = try ServedModelInspection(address, served.settings)
    if json { return try Output.json(report) }
    let classes =
      report.classes > 0
      ? "\(report.classes)" : "not told; the fingerprint of a run is taken with its --classes K"
    let inFlight = "\(report.batch) rows a request, \(report.connections) in flight"
    let companions =
      switch report.companions {
      case .none: "no row depends on them (\(inFlight))"
      default: "rows depend on them \(report.companions.rawValue) (\(inFlight)); refused unless accepted"
      }
    var rows = [
      ("address", report.address), ("server", "\(report.server) \(report.serverVersion)"),
      ("versions", report.modelVersions.isEmpty ? "none listed" : report.modelVersions.joined(separator: ", ")),
      ("inputs", report.inputs.joined(separator: "; ")), ("outputs", report.outputs.joined(separator: "; ")),
      ("kind", report.kind), ("image", "\(report.imageShape)"), ("classes", classes),
    ]
    if report.kind == "denoiser" { rows.append(("unconditional", report.unconditional ? "yes" : "no")) }
    rows += [
      ("tensors travel", report.bytes ? "as bytes" : "as JSON"), ("companions", companions),
      ("fingerprint", report.fingerprint),
      ("classifiers", report.methods.isEmpty ? "none without classes" : report.methods.joined(separator: ", ")),
    ]
    for (name, value) in rows { Output.line(padded(name, 20) + value) }
  }

  private func line(_ ranges: ModelInspection.Ranges) -> String {
    "\(ranges.convolutions) of \(ranges.ofConvolutions) convolutions (\(ranges.rule); \(ranges.images) images of "
      + "\(ranges.data), noise levels " + ranges.levels.map(\.description).joined(separator: " ")
      + "); here \(ranges.arithmetic)"
  }

  private func unconditional(_ model: ModelInspection) -> String {
    guard model.classes > 0 else { return "yes, and nothing else" }
    if model.answersAllAtOnce { return "by a head of its own" }
    guard model.answersWithoutLabel else {
      return "no: it always needs a label; give --unconditional-model, or \"zero_label\": true in its description"
    }
    switch model.notes.labelDropout {
    case let rate? where rate > 0: return "by the zero label (label dropout \(rate) in training)"
    case _?: return "by the zero label, untrained: labels were never dropped; better give --unconditional-model"
    case nil: return "by the zero label; the file does not say whether labels were dropped in training"
    }
  }
}
