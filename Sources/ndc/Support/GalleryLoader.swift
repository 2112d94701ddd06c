import NoisedDiffusionClassifiers
import Reports

/// Opens the model and the data of a finished run again, for the pictures of its gallery.
struct GalleryLoader {
  var folder: String
  var threads: Int

  /// The names of the classes, where the run's data can be opened and has them.
  func classNames() -> [String]? {
    guard let manifest = try? RunDirectory.readManifest(folder),
      let images = try? DataSource.open(manifest.data.source, resources: BundledResources.folder), images.classCount > 0
    else { return nil }
    return images.classNames
  }

  /// The gallery with pictures, or with the reason why there are none.
  ///
  /// - Throws: `CancellationError` alone.
  func gallery(_ run: ReportedRun, selection: GallerySelection) async throws -> HTMLReport.Gallery {
    do {
      let indices = selection.entries.map { run.images[$0.position].index }
      return HTMLReport.Gallery(selection: selection, explanations: try await explain(indices))
    } catch let error as CancellationError {
      throw error
    } catch {
      Output.notice("no pictures of \(folder): \(error)")
      return HTMLReport.Gallery(
        selection: selection, absence: "The run’s model and data could not be shown again: \(error).")
    }
  }

  private func explain(_ indices: [Int]) async throws -> [ImageExplanation] {
    let manifest = try RunDirectory.readManifest(folder)
    // The data first: without them no model is worth opening.
    let data = try DataSource.open(manifest.data.source, resources: BundledResources.folder)
    try Self.check("data", manifest.data.source, recorded: manifest.data.digest, found: try data.digest())
    let model = try DiffusionModel.open(ModelReference(recordedIn: manifest), choosing: .exact) {
      Output.notice($0.description)
    }
    try Self.check("model", manifest.model.source, recorded: manifest.model.digest, found: model.digest)
    if let recorded = manifest.model.unconditionalDigest, let found = model.unconditionalDigest {
      try Self.check(
        "unconditional model", manifest.model.unconditionalSource ?? "", recorded: recorded, found: found)
    }
    let images = try AdaptedImageSet(data, to: model.imageShape)
    // Every class to the end: a loss that was dropped early explains nothing.
    var specification = manifest.classifier.specification
    specification.elimination = .none
    let explainer = VoteExplainer(
      denoiser: model.denoiser, classifier: try model.classifier(specification),
      sigma: manifest.sigma, seed: manifest.smoothing.seed
    ) { index in
      guard (0..<images.count).contains(index) else {
        throw InputError("the data set has no such image", location: "image \(index)")
      }
      return try images.image(at: index)
    }
    let perVote = try specification.evaluationsPerVote(classCount: model.classCount)
    Output.notice("gallery: \(indices.count) images x up to \(perVote + 1) evaluations")
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
