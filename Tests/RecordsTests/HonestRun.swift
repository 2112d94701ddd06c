import Basics
import Certification
import Classifiers
import Foundation
import Records
import Testing

/// A hand-made run of three images and three classes that holds in every respect, for one fault to be planted in it.
struct HonestRun: CustomTestStringConvertible {
  static let sigma = PixelNoise(0.5)

  var kind = CertificationRule.Kind.fixed
  var testDescription: String { kind.rawValue }

  static let all = CertificationRule.Kind.allCases.map { HonestRun(kind: $0) }

  func rule() throws -> CertificationRule {
    switch kind {
    case .fixed: .fixed(try Certify(selectionSamples: 5, samples: 40, alpha: 0.01))
    case .targets: .targets(try AnytimeTargets(selectionSamples: 5, budget: 200, alpha: 0.01, targets: [0.25]))
    case .tolerance: .tolerance(try AnytimeTolerance(selectionSamples: 5, budget: 100, alpha: 0.01, tolerance: 0.05))
    }
  }

  /// Images 1, 3 and 5 of ten.
  func manifest() throws -> RunManifest {
    RunManifest(
      program: .init(version: "1"), arguments: ["certify"], created: "2024-02-02T00:00:00Z",
      model: .init(source: "model.pkl", digest: "abc", architecture: "none", parameters: 7),
      data: .init(source: "digits", digest: "def", size: 10),
      classifier: .init(ClassifierSpecification(sigma: Self.sigma.sigma), precision: "fp32"),
      smoothing: .init(rule: try rule(), seed: 5), images: ImageSelection(first: 1, stride: 2, count: 3), claim: 3,
      execution: .init(threads: 1, batch: 8),
      host: .init(
        name: "host", system: "system", processor: "processor", cores: 2, instructionSet: "avx2",
        libraries: ["oneDNN": "2.6.3"]))
  }

  var sources: RunSources {
    get throws {
      let manifest = try manifest()
      return RunSources(
        model: manifest.model, data: manifest.data, engine: RunEngine(manifest), classCount: 3, label: { _ in 0 })
    }
  }

  /// Votes for class 0 but for every `period`-th, which is for class 1.
  private struct Votes: VoteSource {
    let classCount = 3
    var period: Int
    func votes(_ indices: Range<Int>, for purpose: VotePurpose) -> [Vote] {
      indices.map {
        Vote(choice: .label(purpose == .estimation && $0 % period == period - 1 ? 1 : 0), evaluations: 7)
      }
    }
  }

  /// Two images that are certified, and one that is not.
  func records(sigma: PixelNoise = Self.sigma) async throws -> [ImageRecord] {
    let rule = try rule()
    var records: [ImageRecord] = []
    for (index, period) in [(1, 1000), (3, 10), (5, 2)] {
      let result = try await rule(Votes(period: period), sigma: sigma)
      records.append(ImageRecord(index: index, label: 0, result: result, seconds: 1.5))
    }
    return records
  }

  /// The claim of the second image's record.
  func claim(sigma: PixelNoise = Self.sigma) async throws -> ClaimedRecord {
    try JSONDecoder().decode(ClaimedRecord.self, from: Data(StableJSON.line(try await records(sigma: sigma)[1])))
  }

  /// Writes the run's four files into a folder that lasts as long as `body`.
  func onDisk(_ body: (HonestFiles) throws -> Void) async throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("ndc-test-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    let records = try await records()
    try write(records, to: folder.path)
    try body(HonestFiles(path: folder.path))
  }

  private func write(_ records: [ImageRecord], to path: String) throws {
    let directory = try RunDirectory(path: path, manifest: try manifest(), indices: [1, 3, 5], resume: false)
    for record in records { try directory.append(record) }
    try directory.writeSummary()
  }
}

/// The files of an honest run, to be edited.
struct HonestFiles {
  let path: String

  func text(_ name: String) throws -> String { try String(contentsOfFile: path + "/" + name, encoding: .utf8) }

  func write(_ text: String, to name: String) throws {
    try text.write(toFile: path + "/" + name, atomically: false, encoding: .utf8)
  }

  /// Edits a file's lines.
  func edit(_ name: String, _ change: (inout [String]) -> Void) throws {
    var lines = try text(name).split(separator: "\n").map(String.init)
    change(&lines)
    try write(lines.joined(separator: "\n") + "\n", to: name)
  }

  func remove(_ name: String) throws { try FileManager.default.removeItem(atPath: path + "/" + name) }
}

/// Where something fails, in short: `file:line field: problem`, as far as there is each.
func places(_ failures: [VerificationFailure]) -> [String] {
  failures.map { failure in
    failure.file + (failure.line.map { ":\($0)" } ?? "") + (failure.field.map { " \($0)" } ?? "")
      + ": " + failure.problem
  }
}
