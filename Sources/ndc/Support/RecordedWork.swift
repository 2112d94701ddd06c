import Records
import Basics
import Certification
import Classifiers
import Datasets
import Foundation
import OneDNN
import Runs

/// The model and the data of a finished run, opened again by the code that `certify` opens them with.
struct RecordedWork {
  var sources: RunSources
  var images: ImageProvider
  private var denoiser: LoadedModel

  /// A model or data that cannot be opened: which of the two, and why.
  struct Unusable: Error {
    var source: String
    var field: String
    var cause: any Error
  }

  /// - Parameters: where files lie now that are no longer where the run found them.
  /// - Throws: `Unusable`.
  init(_ manifest: RunManifest, model: String?, unconditionalModel: String?, data: String?) throws {
    let source = model ?? manifest.model.source
    let loaded = try Self.opening(source, "model.source") {
      var arguments = ["--model=\(source)", "--precision=\(manifest.classifier.precision)"]
      if let second = unconditionalModel ?? manifest.model.unconditionalSource {
        arguments.append("--unconditional-model=\(second)")
      }
      let options: ModelOptions
      do {
        options = try ModelOptions.parse(arguments)
      } catch {
        throw UsageError("no such model or precision: \(ModelOptions.message(for: error))")
      }
      return try LoadedModel.load(options)
    }
    let named = data ?? manifest.data.source
    let images = try Self.opening(named, "data.source") {
      let images = try AdaptedImageSet(
        try DataSource.open(named, resources: Resources.folder), to: loaded.denoiser.imageShape)
      try images.requireLabels(below: loaded.denoiser.classCount)
      return images
    }
    let opened = OpenedData(source: named, images: images, selection: manifest.images, indices: [])
    let work = RunManifest.Model(
      source: loaded.source, digest: loaded.digest, unconditionalSource: loaded.unconditionalSource,
      unconditionalDigest: loaded.unconditionalDigest, architecture: loaded.architecture,
      parameters: loaded.parameters)
    sources = RunSources(
      model: work, data: try Self.opening(named, "data.source") { try opened.manifest() },
      engine: RunEngine(
        program: .init(version: Version.number), instructionSet: Workload.instructionSet(loaded),
        libraries: Workload.libraries, precision: loaded.precision.rawValue),
      classCount: loaded.denoiser.classCount, label: { [images] in try images.image(at: $0).label })
    self.images = opened.provider
    denoiser = loaded
  }

  private static func opening<Value>(_ source: String, _ field: String, _ body: () throws -> Value) throws -> Value {
    do { return try body() } catch { throw Unusable(source: source, field: field, cause: error) }
  }

  /// Casts the votes that the run's description asks for.
  func executor(_ manifest: RunManifest, threads: Int) throws -> VoteExecutor {
    try VoteExecutor(
      SmoothedClassifier(
        base: try manifest.classifier.specification.makeClassifier(denoiser: denoiser.denoiser),
        sigma: manifest.statedSmoothing),
      threads: threads)
  }
}
