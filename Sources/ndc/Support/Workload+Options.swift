import ArgumentParser
import NoisedDiffusionClassifiers

extension Workload {
  /// What `certify`, `predict` and `classify` begin with.
  init(_ modelOptions: ModelOptions, _ choice: ClassifierChoice) throws {
    try choice.validate()
    let model = try modelOptions.open(choosing: choice.precision, for: choice.method)
    let chosen = try choice.chosen(for: model) { Output.notice($0.description) }
    try chosen.specification.validate()
    guard model.classCount > 1 else {
      if model.served != nil {
        throw ValidationError(
          "a served denoiser does not say how many classes it has: name their number with --classes K")
      }
      throw InputError(
        "the model has no classes to choose from; it can only serve as --unconditional-model", file: model.source)
    }
    try self.init(model, chosen)
  }
}
