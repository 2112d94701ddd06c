import Records
import Basics
import Classifiers
import Diffusion
import Foundation
import OneDNN
import Runs

/// A base classifier on a loaded model with what a record says about it: shared by `certify`, `predict`, `classify`.
struct Workload: Sendable {
  var model: LoadedModel
  var specification: ClassifierSpecification
  var classifier: any LossClassifier
  var threads: Int
  /// Evaluations per vote on average, where a calibration tells.
  var typicalEvaluations: Double?

  init(_ modelOptions: ModelOptions, _ classifierOptions: ClassifierOptions) throws {
    try classifierOptions.validateSpecification()
    model = try LoadedModel.load(modelOptions, fastest: classifierOptions.isFast)
    specification = try classifierOptions.specification(model: model)
    try specification.validate()
    guard model.denoiser.classCount > 1 else {
      throw InputError(
        "the model has no classes to choose from; it can only serve as --unconditional-model", file: model.source)
    }
    classifier = try specification.makeClassifier(denoiser: model.denoiser)
    typicalEvaluations = try classifierOptions.calibratedCost(of: specification, model: model)
    threads = modelOptions.threads ?? ProcessInfo.processInfo.activeProcessorCount
  }

  /// Denoiser evaluations per vote, at most.
  func evaluationsPerVote() throws -> Int {
    try specification.evaluationsPerVote(classCount: model.denoiser.classCount)
  }

  func manifestModel() -> RunManifest.Model {
    RunManifest.Model(
      source: model.source, digest: model.digest, unconditionalSource: model.unconditionalSource,
      unconditionalDigest: model.unconditionalDigest, architecture: model.architecture, parameters: model.parameters)
  }

  func manifestClassifier() -> RunManifest.Classifier {
    RunManifest.Classifier(specification, precision: model.precision.rawValue)
  }

  func host() -> RunManifest.Host {
    .current(instructionSet: Self.instructionSet(model), libraries: Self.libraries)
  }

  /// What computes a model's votes: part of the classifier's identity.
  static func instructionSet(_ model: LoadedModel) -> String {
    "\(Engine.instructionSet), \(model.kernels) kernels"
  }
  static var libraries: [String: String] { ["oneDNN": Engine.version] }
}
