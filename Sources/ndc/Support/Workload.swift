import Foundation
import NoisedDiffusionClassifiers

/// A base classifier on an opened model with what a record says about it: shared by `certify`, `predict`, `classify`.
struct Workload: Sendable {
  var model: DiffusionModel
  var specification: ClassifierSpecification
  var classifier: any LossClassifier
  var threads: Int
  /// Evaluations per vote on average, where a calibration tells.
  var typicalEvaluations: Double?

  init(_ modelOptions: ModelOptions, _ choice: ClassifierChoice) throws {
    try choice.validate()
    model = try modelOptions.open(choosing: choice.precision)
    specification = try choice.specification(for: model) { Output.notice($0.description) }
    try specification.validate()
    guard model.classCount > 1 else {
      throw InputError(
        "the model has no classes to choose from; it can only serve as --unconditional-model", file: model.source)
    }
    classifier = try model.classifier(specification)
    typicalEvaluations = try choice.calibratedCost(of: specification, model: model)
    threads = modelOptions.threads ?? ProcessInfo.processInfo.activeProcessorCount
  }

  /// Denoiser evaluations per vote, at most.
  func evaluationsPerVote() throws -> Int {
    try specification.evaluationsPerVote(classCount: model.classCount)
  }

  func manifestClassifier() -> RunManifest.Classifier {
    RunManifest.Classifier(specification, precision: model.precision.rawValue)
  }

  func host() -> RunManifest.Host {
    .current(instructionSet: model.engine.instructionSet, libraries: model.engine.libraries)
  }
}
