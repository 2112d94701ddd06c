import Basics
import Certification
import Datasets
import Foundation
import Models
import Records
import Runs

/// Shows what happened in votes of a finished run, on the model and the data that it used.
public struct RunExplainer: Sendable {
  /// Seconds to wait for a server's first word: what it would show is no part of any result.
  private static let introduction = 2.0

  private let explainer: VoteExplainer
  /// What an image costs at most, its denoising for the picture included.
  public let evaluationsPerImage: Int

  /// - Throws: `InputError` where the model or the data cannot be opened or are not what the run used.
  public init(
    _ run: RunManifest, resources: URL? = BundledResources.folder, notice: (ModelNotice) -> Void = { _ in }
  ) throws {
    if run.model.classifierSource != nil { throw VoteExplainer.noLevels }
    // The data first: without them no model is worth opening.
    var reference = try ModelReference(recordedIn: run)
    reference.served.introduction = Self.introduction
    func open() throws -> DiffusionModel {
      try DiffusionModel.open(reference, choosing: .exact, resources: resources, notice: notice)
    }
    let outline = try ModelOutline(reference, resources: resources)
    // A served model is known by opening it.
    let served = try outline == nil ? open() : nil
    guard let outline = outline ?? served.map(ModelOutline.init) else { preconditionFailure("one of the two is there") }
    let images = try AdaptedImageSet(run, data: run.data.source, resources: resources, for: outline)
    try Self.check(images, run)
    let model = try served ?? open()
    try Self.check("model", run.model.source, recorded: run.model.digest, found: model.digest)
    if let recorded = run.model.unconditionalDigest, let found = model.unconditionalDigest {
      try Self.check("unconditional model", run.model.unconditionalSource ?? "", recorded: recorded, found: found)
    }
    let listed = Dictionary(
      (run.pictures?.listed ?? []).map { ($0.index, $0) }, uniquingKeysWith: { first, _ in first })
    let specification = run.classifier.specification
    explainer = try VoteExplainer(specification, on: model, seed: run.smoothing.seed) { index in
      let image = try images.recordedImage(at: index)
      if let picture = listed[index], let difference = image.picture?.difference(from: picture) {
        throw difference.inFile(images.file(at: index))
      }
      return image
    }
    evaluationsPerImage = try specification.complete.evaluationsPerVote(of: model) + 1
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

  /// Listed pictures are looked at when they are shown.
  private static func check(_ images: AdaptedImageSet, _ run: RunManifest) throws {
    guard let pictures = run.pictures else {
      return try check("data", run.data.source, recorded: run.data.digest, found: try images.digest())
    }
    guard pictures.listed == nil else { return }
    let found = try images.check(run.images.indices(inDatasetOf: images.count))
    try check(
      "selection of pictures", run.data.source, recorded: pictures.digest, found: RunPictures(found.pictures).digest)
  }

  private static func check(_ what: String, _ source: String, recorded: String, found: String) throws {
    guard recorded == found else {
      throw InputError(
        "the \(what) is not what the run used", file: source, expected: "SHA-256 \(recorded)", found: found)
    }
  }
}

extension RunManifest.Data {
  /// The names of the classes, where the data can be opened and have them: for runs of versions before 0.3.0, which do
  /// not record them.
  public func openedClassNames(resources: URL? = BundledResources.folder) -> [String]? {
    guard let images = try? DataSource.open(source, resources: resources, foldersByOrder: true), images.classCount > 0
    else { return nil }
    return images.classNames
  }
}
