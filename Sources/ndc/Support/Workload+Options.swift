import NoisedDiffusionClassifiers

extension Workload {
  /// What `certify`, `predict` and `classify` begin with, once nothing else is wrong.
  init(_ preview: ModelPreview, _ modelOptions: ModelOptions, _ choice: ClassifierChoice) throws {
    let model = try Waiting.during("opening the model") {
      try preview.opened ?? modelOptions.open(choosing: choice.precision, for: choice.method)
    }
    var choice = choice
    choice.classes = preview.classes
    let chosen = try choice.chosen(for: model) { Output.notice($0.description) }
    try chosen.specification.validate()
    try self.init(model, chosen)
    if model.classifier == nil, let levels = try? chosen.specification.grid().levels.map(\.noise.sigma),
      let notice = model.notice(ofLevels: levels)
    {
      Output.notice(notice.description)
    }
  }
}
