import NoisedDiffusionClassifiers

extension Workload {
  /// What `certify`, `predict` and `classify` begin with.
  init(_ modelOptions: ModelOptions, _ choice: ClassifierChoice) throws {
    try choice.validate()
    let model = try modelOptions.open(choosing: choice.precision)
    let chosen = try choice.chosen(for: model) { Output.notice($0.description) }
    try chosen.specification.validate()
    guard model.classCount > 1 else {
      throw InputError(
        "the model has no classes to choose from; it can only serve as --unconditional-model", file: model.source)
    }
    try self.init(model, chosen)
  }
}
