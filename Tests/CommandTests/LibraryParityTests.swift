import Foundation
import NoisedDiffusionClassifiers
import TestSupport
import Testing

@Suite("The library beside the command", .enabled(if: Program.isBuilt, Program.absent))
struct LibraryParityTests {
  struct Report: Decodable { var records: [ImageRecord] }

  @Test func `certifies the bundled digits with the votes and radii of ndc certify`() async throws {
    let folder = try TemporaryFolder.make()
    defer { try? FileManager.default.removeItem(at: folder) }
    let report = try Program.run(
      [
        "certify", "--preset", "fast", "--sigma", "0.5", "--target-radius", "0.25", "--count", "2", "--seed", "3",
        "--out", folder.file("run"), "--json",
      ]
    ).json(Report.self)

    let resources = Repository.root.appendingPathComponent("Resources")
    let model = try DiffusionModel.load(resources.file("models/edm-mnist-32x32-cond.safetensors"))
    let smoothed = try SmoothedClassifier(model.classifier(sigma: 0.5))
    let digits = try DataSource.open("mnist", resources: resources)
    let rule = CertificationRule.targets(try .fast([0.25]))
    #expect(report.records.map(\.index) == [0, 1])
    for record in report.records {
      let result = try await smoothed.certify(
        digits.picture(at: record.index), rule: rule, settings: CastingSettings(seed: 3, image: UInt32(record.index)))
      let picture = RecordedPicture(name: nil, digest: try digits.decodedPicture(at: record.index).digest)
      let own = ImageRecord(
        index: record.index, label: record.label, picture: picture, result: result, seconds: record.seconds)
      #expect(own == record)
    }
  }
}
