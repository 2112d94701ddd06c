import ArgumentParser
import NoisedDiffusionClassifiers

extension Workload {
  /// What `certify`, `predict` and `classify` begin with.
  ///
  /// - Parameter classes: which of the model's the classifier chooses from.
  init(_ modelOptions: ModelOptions, _ choice: ClassifierChoice, _ classes: ClassOptions) throws {
    try choice.validate()
    let list = try classes.list()
    let model = try Waiting.during("opening the model") {
      try modelOptions.open(choosing: choice.precision, for: choice.method)
    }
    guard model.classCount > 1 else {
      if model.served != nil {
        throw ValidationError(
          "a served denoiser does not say how many classes it has: name their number with --classes K")
      }
      throw InputError(
        "the model has no classes to choose from; it can only serve as --unconditional-model", file: model.source)
    }
    var choice = choice
    choice.classes = try list.map { try model.classes($0) }
    let chosen = try choice.chosen(for: model) { Output.notice($0.description) }
    try chosen.specification.validate()
    try self.init(model, chosen)
  }
}
