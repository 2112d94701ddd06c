import Basics
import Classifiers
import Foundation
import Models
import TestSupport
import Testing

@Suite("Bundled models by name")
struct BundledModelTests {
  private static let resources = Repository.root.appendingPathComponent("Resources")

  @Test("each is in the repository, within the size that it may have", arguments: BundledModel.allCases)
  func file(model: BundledModel) throws {
    let path = try model.path(in: Self.resources)
    let size = try #require(FileManager.default.attributesOfItem(atPath: path)[.size] as? Int)
    #expect(path.hasSuffix(model.file) && size > 1_000_000 && size <= 12_000_000)
    #expect(FileManager.default.fileExists(atPath: CalibrationTable.path(besideModel: path)))
  }

  @Test("where it is not found the error names it")
  func absent() {
    let error = #expect(throws: InputError.self) { try BundledModel.cifar10.path(in: URL(fileURLWithPath: "/nowhere")) }
    #expect("\(error.map { "\($0)" } ?? "")".contains("bundled model cifar10"))
    #expect(throws: InputError.self) { try BundledModel.mnist.path(in: nil) }
  }

  @Test("data of CIFAR-10's kind takes its model, everything else the digits'")
  func byData() {
    for data in ["cifar10-sample", "cifar10:/nowhere", "cifar10-train:/nowhere"] {
      #expect(BundledModel(forData: data) == .cifar10, "\(data)")
    }
    for data in ["mnist", "idx:/nowhere", "cifar100:/nowhere", "/nowhere", "npz:x.npz"] {
      #expect(BundledModel(forData: data) == .mnist, "\(data)")
    }
  }

  @Test("a path stays as it is")
  func path() throws {
    for path in ["./mnist", "models/cifar10", "cifar10.safetensors"] {
      #expect(try BundledModel.path(naming: path) == path)
    }
  }
}
