import Datasets
import Records
import Basics
import Certification
import Classifiers
import Foundation
import Runs

/// A small certification of toy images, with everything a test may want to change.
struct ToyRun {
  var classifier = ToyClassifier()
  var sigma = 0.25
  var selectionSamples = 10
  var samples = 60
  var alpha = 0.01
  var seed: UInt64 = 5
  var threads = 1
  var batch = 4
  var window: Int?
  var selection = ImageSelection(first: 3, stride: 2, count: 8)
  var modelDigest = "model"
  var dataDigest = "data"
  var images: ImageProvider = ToyRun.image
  var version = "test"
  var claim: Int?

  /// Images at the three points and between them.
  static let image: ImageProvider = { index in
    let value = Float(index % 7) / 6
    return LabeledImage(index: index, pixels: [value, 0.5, 1 - value, 0], label: index % 3)
  }

  /// Anytime where there are targets, else fixed.
  var targets: [Double] = []
  var rule: CertificationRule {
    do {
      return targets.isEmpty
        ? .fixed(try Certify(selectionSamples: selectionSamples, samples: samples, alpha: alpha))
        : .targets(
          try AnytimeTargets(selectionSamples: selectionSamples, budget: samples, alpha: alpha, targets: targets))
    } catch {
      preconditionFailure("\(error)")
    }
  }

  var manifest: RunManifest {
    RunManifest(
      program: .init(version: version), arguments: ["ndc", "certify"], created: RunManifest.now(),
      model: .init(source: "toy", digest: modelDigest, architecture: "none"),
      data: .init(source: "toy", digest: dataDigest, size: 100, classNames: ["red", "green", "blue"]),
      classifier: .init(ClassifierSpecification(sigma: sigma), precision: "fp32"),
      smoothing: .init(rule: rule, seed: seed), images: selection, claim: claim,
      execution: .init(threads: threads, batch: batch),
      host: .current(instructionSet: "none", libraries: [:]))
  }

  func directory(_ path: String, resume: Bool = false) throws -> RunDirectory {
    try RunDirectory(
      path: path, manifest: manifest, indices: try selection.indices(inDatasetOf: 100), resume: resume)
  }

  func executor() throws -> VoteExecutor {
    try VoteExecutor(
      SmoothedClassifier(base: classifier, sigma: PixelNoise(sigma)), threads: threads, batch: batch)
  }

  func run(into directory: RunDirectory, progress: RunProgress = .silent) async throws -> RunSummary {
    try await CertificationRun(
      executor: executor(), sigma: PixelNoise(sigma), rule: rule, seed: seed, images: images, progress: progress,
      window: window)(into: directory)
  }

  /// The records of a whole run, without times.
  func records() async throws -> [ImageRecord] {
    try await TemporaryFolder.with { folder in
      let directory = try self.directory(folder + "/run")
      _ = try await run(into: directory)
      return Self.timeless(directory.records)
    }
  }

  static func timeless(_ records: [ImageRecord]) -> [ImageRecord] {
    records.map { record in
      var copy = record
      copy.seconds = 0
      return copy
    }
  }
}

/// A folder that lasts as long as a test.
enum TemporaryFolder {
  static func with<Result>(_ body: (String) async throws -> Result) async throws -> Result {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("ndc-test-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    return try await body(folder.path)
  }

  static func text(_ path: String) throws -> String { try String(contentsOfFile: path, encoding: .utf8) }

  static func write(_ text: String, to path: String) throws {
    try text.write(toFile: path, atomically: false, encoding: .utf8)
  }
}

/// The description of the error that `body` throws.
func message<Failure: Error>(
  of type: Failure.Type, _ body: () async throws -> Void
) async -> String? {
  do {
    try await body()
    return nil
  } catch let error as Failure {
    return "\(error)"
  } catch {
    return nil
  }
}
