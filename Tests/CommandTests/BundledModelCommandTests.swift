import Foundation
import TestSupport
import Testing

/// The models that come with the program, by name and by default (SPEC §6).
@Suite("bundled models", .enabled(if: Program.isBuilt, Program.absent))
struct BundledModelCommandTests {
  private struct Manifest: Decodable {
    struct Model: Decodable { var source: String }
    struct Classifier: Decodable { var specification: Specification }
    struct Specification: Decodable { var method: String }
    var model: Model
    var classifier: Classifier
  }

  private static let resources = Repository.root.appendingPathComponent("Resources")
  private static let sample = resources.appendingPathComponent("data/cifar10-sample/test_batch.bin")

  private func certify(_ folder: URL, _ name: String, _ options: String...) throws -> RunFiles {
    let ending = try Program.run(
      ["certify", "--count", "2", "--samples", "12", "--selection-samples", "3", "--stop", "fixed", "--precision"]
        + ["fp32", "--out", folder.file(name)] + options)
    #expect(ending.status == 0, "\(ending.errors)")
    return RunFiles(folder: folder.appendingPathComponent(name))
  }

  private func manifest(_ run: RunFiles) throws -> Manifest {
    try JSONDecoder().decode(Manifest.self, from: Data(run.text("run.json").utf8))
  }

  @Test("inspect takes a name, and the digits' model without one")
  func inspect() throws {
    let named = try Program.run(["inspect", "mnist"])
    #expect(try named.status == 0 && named.output == Program.run(["inspect"]).output, "\(named.errors)")
    let other = try Program.run(["inspect", "cifar10"])
    for part in ["MultiHeadUNet", "airplane, automobile", "3×32×32", "20 of 20 convolutions"] {
      #expect(other.output.contains(part), "\(other.output)\(other.errors)")
    }
  }

  @Test("CIFAR-10's data takes its model, an evaluation each of a picture and its mirror image, at every noise")
  func byData() throws {
    try TemporaryFolder.with { folder in
      for sigma in ["0.25", "0.5", "1.0"] {
        let run = try certify(folder, "sample-\(sigma)", "--data", "cifar10-sample", "--sigma", sigma)
        let manifest = try manifest(run)
        #expect(manifest.model.source.hasSuffix("models/multihead-cifar10-32x32.safetensors"))
        #expect(manifest.classifier.specification.method == "apndc-posterior")
        #expect(try run.records().map(\.evaluations) == [30, 30])
        let plain = try certify(
          folder, "plain-\(sigma)", "--data", "cifar10-sample", "--sigma", sigma, "--no-mirror")
        #expect(try plain.records().map(\.evaluations) == [15, 15])
      }
      let batches = folder.appendingPathComponent("batches")
      try FileManager.default.createDirectory(at: batches, withIntermediateDirectories: true)
      try FileManager.default.copyItem(at: Self.sample, to: batches.appendingPathComponent("test_batch.bin"))
      let run = try certify(folder, "folder", "--data", batches.path, "--sigma", "0.25")
      let named = try certify(folder, "named", "--data", "cifar10-sample", "--model", "cifar10", "--sigma", "0.25")
      #expect(try run.records().map(\.votes) == named.records().map(\.votes))
      let verified = try Program.run(["verify", named.folder.path, "--model", "cifar10", "--redraw", "all"])
      #expect(verified.status == 0, "\(verified.errors)")
      #expect(
        try named.timelessResults() == RunFiles(folder: folder.appendingPathComponent("sample-0.25")).timelessResults())
    }
  }

  @Test("most of the sample's noisy pictures get the right class")
  func accuracy() throws {
    struct Result: Decodable { var accuracy: Double }
    let ending = try Program.run(
      ["classify", "--data", "cifar10-sample", "--count", "200", "--sigma", "0.25", "--precision", "int8", "--json"])
    #expect(ending.status == 0, "\(ending.errors)")
    // 120 or fewer of 200 happen once in 5000 where a vote is right with probability 0.7.
    #expect(try JSONDecoder().decode(Result.self, from: Data(ending.output.utf8)).accuracy > 0.6)
  }

  @Test("the digits' model refuses colour, and a name is no output")
  func refused() throws {
    let wrong = try Program.run(["certify", "--model", "mnist", "--data", "cifar10-sample", "--count", "1"])
    #expect(wrong.status == 65 && wrong.errors.contains("1×32×32"), "\(wrong.errors)")
    try TemporaryFolder.with { folder in
      let converted = try Program.run(["convert", "mnist", folder.file("copy.safetensors")])
      #expect(converted.status == 0, "\(converted.errors)")
      // A copy of the resources: the file that a name stands for is not written over.
      let model = "models/edm-mnist-32x32-cond.safetensors"
      try FileManager.default.createDirectory(
        at: folder.appendingPathComponent("models"), withIntermediateDirectories: true)
      try FileManager.default.copyItem(
        at: Self.resources.appendingPathComponent(model), to: folder.appendingPathComponent(model))
      let over = try Program.run(
        ["convert", "mnist", folder.file(model)], environment: ["NDC_RESOURCES": folder.path])
      #expect(over.status == 64, "\(over.errors)")
      let absent = try Program.run(["inspect", "cifar10"], environment: ["NDC_RESOURCES": folder.path])
      #expect(absent.status == 65 && absent.errors.contains("bundled model cifar10"), "\(absent.errors)")
    }
  }
}
