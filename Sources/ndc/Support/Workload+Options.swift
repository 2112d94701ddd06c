import NoisedDiffusionClassifiers

extension Workload {
  /// What `certify`, `predict` and `classify` begin with, once nothing else is wrong.
  ///
  /// - Parameters:
  ///   - mayMeasure: whether the fastest precision may be measured now.
  ///   - recorded: the run that goes on; its precision stays where none is named.
  init(
    _ preview: ModelPreview, _ modelOptions: ModelOptions, _ choice: ClassifierChoice, mayMeasure: Bool = true,
    continuing recorded: RunManifest? = nil
  ) throws {
    let model = try Waiting.during("opening the model") {
      try preview.opened
        ?? modelOptions.open(
          choosing: choice.precision, for: choice.assumedMethod, mayMeasure: mayMeasure,
          keeping: recorded.flatMap { Precision(rawValue: $0.classifier.precision) })
    }
    var choice = choice
    choice.classes = preview.classes
    let chosen = try choice.chosen(for: model) { Output.notice($0.description) }
    try chosen.specification.validate()
    try self.init(model, chosen)
    if let notice = levelNotice { Output.notice(notice.description) }
  }
}
