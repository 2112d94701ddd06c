import ArgumentParser
import NoisedDiffusionClassifiers

/// How a model that is served elsewhere is asked.
struct ServedOptions: ParsableArguments {
  @Option(help: ArgumentHelp("How many classes a served model has; its metadata do not tell.", valueName: "K"))
  var classes: Int?

  @Option(
    help: ArgumentHelp(
      "The images of a served model whose metadata leave them open: C×H×W or CxHxW.", valueName: "shape")
  )
  var imageShape: ImageShape?

  @Option(
    help: ArgumentHelp(
      "Votes a worker takes at once; results do not depend on it. With a served model: the rows of every request.",
      discussion: "Default: 8; 64 rows.", valueName: "k"))
  var batch: Int?

  @Option(help: ArgumentHelp("Requests in flight to a served model.", valueName: "k"))
  var connections = ServedSettings.defaultConnections

  @Option(help: ArgumentHelp("How long to wait for a server that does not answer.", valueName: "seconds"))
  var patience = ServedSettings.defaultPatience

  @Flag(
    help:
      "Use a served model although a row's answer depends on its companions; run.json and reports then say so.")
  var acceptCompanionDependence = false

  mutating func validate() throws {
    if let batch, batch < 1 { throw ValidationError("--batch \(batch): must be at least 1") }
  }

  var settings: ServedSettings {
    var settings = ServedSettings()
    settings.classes = classes
    settings.imageShape = imageShape
    settings.batch = batch
    settings.connections = connections
    settings.patience = patience
    settings.acceptsCompanionDependence = acceptCompanionDependence
    return settings
  }
}

extension ImageShape: ExpressibleByArgument {
  /// C×H×W.
  public init?(argument: String) {
    let sizes = argument.split(omittingEmptySubsequences: false, whereSeparator: { "x×X".contains($0) }).map { Int($0) }
    guard sizes.count == 3, let channels = sizes[0], let height = sizes[1], let width = sizes[2],
      [channels, height, width].allSatisfy({ (1...1 << 16).contains($0) })
    else { return nil }
    self.init(channels: channels, height: height, width: width)
  }
}
