import Basics
import Certification
import Datasets
import Foundation
import Models
import Records
import Runs

/// Shows what happened in votes of a finished run, on the model and the data that it used.
public struct RunExplainer: Sendable {
  private let explainer: VoteExplainer
  /// What an image costs at most, its denoising for the picture included.
  public let evaluationsPerImage: Int

  /// - Throws: `InputError` where the model or the data cannot be opened or are not what the run used.
  public init(
    _ run: RunManifest, resources: URL? = BundledResources.folder, notice: (ModelNotice) -> Void = { _ in }
  ) throws {
    // The data first: without them no model is worth opening.
    let data = try DataSource.open(run.data.source, resources: resources)
    try Self.check("data", run.data.source, recorded: run.data.digest, found: try data.digest())
    let model = try DiffusionModel.open(
      ModelReference(recordedIn: run), choosing: .exact, resources: resources, notice: notice)
    try Self.check("model", run.model.source, recorded: run.model.digest, found: model.digest)
    if let recorded = run.model.unconditionalDigest, let found = model.unconditionalDigest {
      try Self.check("unconditional model", run.model.unconditionalSource ?? "", recorded: recorded, found: found)
    }
    let images = try AdaptedImageSet(data, to: model.imageShape)
    let specification = run.classifier.specification
    explainer = try VoteExplainer(specification, on: model, seed: run.smoothing.seed) { index in
      guard (0..<images.count).contains(index) else {
        throw InputError("the data set has no such image", location: "image \(index)")
      }
      return try images.image(at: index)
    }
    evaluationsPerImage = try specification.complete.evaluationsPerVote(classCount: model.classCount) + 1
  }

  /// The explanations of images by data set index, in the order asked for.
  ///
  /// - Throws: `InputError` for an image that does not fit; `CancellationError`.
  public func explain(_ indices: [Int], threads: Int) async throws -> [ImageExplanation] {
    let chunk = max(1, (indices.count + threads - 1) / threads)
    return try await inParallel(count: indices.count, chunk: chunk, threads: threads) { range in
      try explainer.explain(range.map { indices[$0] })
    }
  }

  private static func check(_ what: String, _ source: String, recorded: String, found: String) throws {
    guard recorded == found else {
      throw InputError(
        "the \(what) is not what the run used", file: source, expected: "SHA-256 \(recorded)", found: found)
    }
  }
}

extension RunManifest.Data {
  /// The names of the classes, where the data can be opened and have them.
  public func classNames(resources: URL? = BundledResources.folder) -> [String]? {
    guard let images = try? DataSource.open(source, resources: resources), images.classCount > 0 else { return nil }
    return images.classNames
  }
}
