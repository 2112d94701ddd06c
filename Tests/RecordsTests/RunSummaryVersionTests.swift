import Basics
import Certification
import Classifiers
import Foundation
import Records
import Testing

@Suite("Summaries of earlier versions") struct RunSummaryVersionTests {
  /// As many images as it takes for the order in which radii are added to show in the average's last digit.
  static let images =
    (2...40).first { count in
      (try? records(count)).map { addedInOrder($0) != RunSummary($0).averageCertifiedRadius } ?? false
    } ?? 2

  /// Images of class 0, each with other votes.
  static func records(_ images: Int = images) throws -> [ImageRecord] {
    try (0..<images).map { index in
      let votes = (0..<200).map { Vote(choice: .label($0 < 150 + index ? 0 : 1), evaluations: 1) }
      return ImageRecord(
        index: index, label: 0,
        result: try CertifyResult(
          selection: SelectionVotes(VoteCounts(Array(votes.prefix(10)), classCount: 3)),
          estimation: EstimationVotes(VoteCounts(votes, classCount: 3)), alpha: 0.01, sigma: PixelNoise(0.3)),
        seconds: 1)
    }
  }

  static func addedInOrder(_ records: [ImageRecord]) -> Double {
    var sum = 0.0
    for record in records where record.correct { sum += record.outcome.radius ?? 0 }
    return sum / Double(records.count)
  }

  static func manifest(version: String) throws -> RunManifest {
    RunManifest(
      program: .init(version: version), arguments: ["certify"], created: RunManifest.now(),
      model: .init(source: "toy", digest: "model", architecture: "none"),
      data: .init(source: "toy", digest: "data", size: images),
      classifier: .init(ClassifierSpecification(sigma: 0.3), precision: "fp32"),
      smoothing: .init(rule: .fixed(try Certify(selectionSamples: 10, samples: 200, alpha: 0.01)), seed: 1),
      images: ImageSelection(count: images), execution: .init(threads: 1, batch: 1),
      host: .current(instructionSet: "none", libraries: [:]))
  }

  /// What verifying a run by this version finds, whose summary says this average (today's if nil).
  static func failures(version: String, average: Double? = nil) throws -> [VerificationFailure] {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("ndc-records-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    try {
      let directory = try RunDirectory(
        path: folder.path, manifest: try manifest(version: version), indices: Array(0..<images), resume: false)
      for record in try records() { try directory.append(record) }
      var summary = try directory.writeSummary()
      guard let average else { return }
      summary.averageCertifiedRadius = average
      try Data(StableJSON.text(summary)).write(to: folder.appendingPathComponent("summary.json"))
    }()
    var verification = try RunVerification(path: folder.path)
    verification.checkFiles(engine: nil)
    return verification.report().failures
  }

  @Test("An average added in order holds where the program added so, and nowhere else; today's holds everywhere")
  func verification() throws {
    let records = try Self.records()
    let earlier = Self.addedInOrder(records)
    try #require(earlier != RunSummary(records).averageCertifiedRadius, "the order shows")
    for version in ["0.1.0", "0.2.0", "0.3.0", "1.0.0"] {
      #expect(try Self.failures(version: version) == [])
    }
    for version in ["0.1.0", "0.1.9", "0.2.0"] {
      #expect(try Self.failures(version: version, average: earlier) == [])
      #expect(try Self.failures(version: version, average: earlier + 1e-12).count == 1)
    }
    for version in ["0.2.1", "0.3.0", "1.0.0", "10.0.0", "test", "0.x", ""] {
      let failures = try Self.failures(version: version, average: earlier)
      #expect(failures.map(\.field) == ["averageCertifiedRadius"], "version \(version)")
    }
  }
}
