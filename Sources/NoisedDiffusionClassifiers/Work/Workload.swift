import Basics
import Classifiers
import Datasets
import Diffusion
import Models
import Records
import Runs

/// A base classifier on a model, with what a record says about both.
public struct Workload: Sendable {
  public let model: DiffusionModel
  public let specification: ClassifierSpecification
  public let classifier: any BaseClassifier
  /// Evaluations per vote on average, where a calibration tells.
  public let typicalEvaluations: Double?

  /// - Throws: `UsageError` for an impossible specification, `InputError` where the model does not suit it.
  public init(_ model: DiffusionModel, _ chosen: ChosenClassifier) throws {
    self.model = model
    specification = chosen.specification
    typicalEvaluations = chosen.typicalEvaluations
    classifier = try model.base(chosen.specification)
  }

  /// What is worth saying of the noise levels that votes ask for: of x̂'s and of the scores'.
  public var levelNotice: ModelNotice? {
    var levels: [Double] = []
    if specification.needsUnconditional { levels.append(specification.smoothing.sigma) }
    if model.classifier == nil, let grid = try? specification.grid() { levels += grid.levels.map(\.noise.sigma) }
    return model.notice(ofLevels: levels)
  }

  /// What gives the votes, in one line for people.
  public var description: String { specification.description(byClassifier: model.classifier != nil) }

  /// Denoiser evaluations per vote, at most.
  public func evaluationsPerVote() throws -> Int {
    // A step of denoising, where an ordinary classifier gives the votes.
    try model.classifier == nil ? specification.evaluationsPerVote(of: model) : 1
  }

  /// The same with nothing dropped early: what explaining a vote takes.
  public func completeEvaluationsPerVote() throws -> Int {
    try model.classifier == nil ? specification.complete.evaluationsPerVote(of: model) : 1
  }

  /// Shows what happened in a vote of each image, with the loss of every class.
  public func explainer(seed: UInt64, images: @escaping ImageProvider) throws -> VoteExplainer {
    try VoteExplainer(specification, on: model, seed: seed, images: images)
  }
}

extension VoteExplainer {
  static let noLevels = UsageError(text: "the votes of a served classifier have no levels that could be shown")

  /// - Parameter specification: whatever it drops early is evaluated here: a loss that was cut off explains nothing.
  init(
    _ specification: ClassifierSpecification, on model: DiffusionModel, seed: UInt64, images: @escaping ImageProvider
  ) throws {
    guard model.classifier == nil else { throw Self.noLevels }
    self.init(
      denoiser: try specification.denoiser(on: model.denoiser),
      classifier: try model.classifier(specification.complete),
      sigma: PixelNoise(specification.sigma),
      seed: seed, images: images)
  }
}

extension ClassifierSpecification {
  /// The same without dropping classes early.
  var complete: ClassifierSpecification {
    var complete = self
    complete.elimination = .none
    return complete
  }

  /// As `evaluationsPerVote(classCount:scope:)`.
  func evaluationsPerVote(of model: DiffusionModel) throws -> Int {
    try evaluationsPerVote(classCount: model.classCount, scope: model.denoiser.scope)
  }
}

extension RunManifest.Classifier {
  /// What a record says of a classifier on a model.
  public init(_ work: Workload) {
    self.init(
      work.specification, precision: work.model.precision.rawValue, byClassifier: work.model.classifier != nil)
    if case .levelsOutside(let levels, let trained) = work.levelNotice {
      extrapolation = Extrapolation(levels: levels, trained: trained)
    }
  }
}

extension RunManifest.Host {
  /// What a record says of this machine.
  public static func current(_ engine: EngineIdentity) -> RunManifest.Host {
    current(instructionSet: engine.instructionSet, libraries: engine.libraries)
  }
}
