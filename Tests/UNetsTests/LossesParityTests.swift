import Basics
import Checkpoints
import Classifiers
import Diffusion
import Foundation
import NumPyFiles
import TestSupport
import Testing
import UNets

/// Per-class losses of real networks under given noise against the reference implementation (Docs/Mathematics.md,
/// Losses and predictions).
@Suite struct LossesParityTests {
  /// Relative to the loss. D agrees to 2e-5 of its largest value; in the squared norms those errors average out.
  static let tolerance = 1e-4

  struct Cases: Sendable, Decodable, CustomStringConvertible {
    struct Case: Sendable, Decodable {
      var method: ClassificationMethod
      var weighting: LossWeighting
      var sigma: Double
      var input: String
      var expected: String
    }

    var model: String
    var cases: [Case]
    var folder = URL(fileURLWithPath: "/")

    enum CodingKeys: String, CodingKey { case model, cases }

    var description: String { folder.lastPathComponent }

    init(folder: URL) throws {
      self = try JSONDecoder().decode(
        Cases.self, from: Data(contentsOf: folder.appendingPathComponent("cases.json")))
      self.folder = folder
    }

    func array(_ name: String) throws -> NumPyArray {
      try NumPyArray(contentsOf: folder.appendingPathComponent(name).path)
    }
  }

  static let folders = NetworkFixture.folders("fixtures/ndc", with: "cases.json")

  @Test(
    "Every method and weighting gives the reference's losses",
    .enabled(if: !folders.isEmpty, "\(Repository.sharedAbsent)"), arguments: folders)
  func losses(folder: URL) throws {
    let cases = try Cases(folder: folder)
    #expect(!cases.cases.isEmpty)
    let denoiser = try UNetDenoiser(
      Checkpoint.load(path: folder.appendingPathComponent(cases.model).standardizedFileURL.path))
    let grid = try cases.array("grid.npy").doubles()
    let noise = try cases.array("noise.npy").floats()
    var otherNoise = noise
    otherNoise.reverse()
    for (index, item) in cases.cases.enumerated() {
      var specification = ClassifierSpecification(method: item.method, sigma: item.sigma)
      specification.weighting = item.weighting
      let pixels = try cases.array(item.input).floats()
      let reference = try cases.array(item.expected).doubles()
      func difference(_ noise: [Float]) throws -> Double {
        let found = try LossesComputation(
          specification: specification, denoiser: denoiser, grid: grid, noise: noise
        ).losses(pixels: pixels).flatMap { $0 }
        guard found.count == reference.count, found.allSatisfy(\.isFinite) else { return .infinity }
        return zip(found, reference).map { abs($0 - $1) / abs($1) }.max() ?? .infinity
      }
      let name = "\(item.method), \(item.weighting)"
      let right = try difference(noise)
      #expect(right <= Self.tolerance, "\(name)")
      // The same noise in another order is a fault that must show.
      if index == 0 { #expect(try difference(otherNoise) > Self.tolerance, "\(name)") }
    }
  }
}
