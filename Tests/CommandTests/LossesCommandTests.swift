import Foundation
import NumPyFiles
import Testing

@Suite("ndc losses", .enabled(if: Program.isBuilt, Program.absent))
struct LossesCommandTests {
  struct Report: Decodable {
    var losses: [[Double]]
    var predictions: [Int?]
  }

  static let levels = [0.6, 0.9, 1.4, 2.0]

  /// Two images in pixels and a row of noise per level; any numbers do.
  private func arguments(_ folder: URL, levels: [Double] = levels) throws -> [String] {
    func values(_ count: Int) -> [Float] { (0..<count).map { Float(($0 * 37) % 64) / 63 } }
    try NumPyArray(shape: [2, 1, 8, 8], values(128)).write(to: folder.file("x.npy"))
    try NumPyArray(shape: [4, 1, 8, 8], values(256).map { 4 * $0 - 2 }).write(to: folder.file("noise.npy"))
    try NumPyArray(shape: [levels.count], levels).write(to: folder.file("grid.npy"))
    return [
      "losses", "--model", TinyNetwork.grey.model, "--x", folder.file("x.npy"), "--noise", folder.file("noise.npy"),
      "--grid", folder.file("grid.npy"), "--sigma", "0.25", "--out", folder.file("losses.npy"),
    ]
  }

  @Test(
    "writes float64 losses of every image and class",
    arguments: ["apndc", "apndc-posterior", "epndc", "dc"], ["edm", "edm-reference", "elbo", "uniform"])
  func shape(_ method: String, _ weighting: String) throws {
    try TemporaryFolder.with { folder in
      let ending = try Program.run(
        try arguments(folder) + ["--method", method, "--weighting", weighting, "--json"])
      #expect(ending.status == 0, "\(ending.errors)")
      let array = try NumPyArray(contentsOf: folder.file("losses.npy"))
      #expect(array.shape == [2, 10])
      #expect(array.elementType == .float64)
      let losses = try array.doubles()
      #expect(losses.allSatisfy { $0.isFinite && $0 > 0 })
      let report = try ending.json(Report.self)
      #expect(report.losses.flatMap { $0 } == losses)
      let smallest = report.losses.map { row in row.indices.min { row[$0] < row[$1] } }
      #expect(report.predictions == smallest)
    }
  }

  @Test(
    "a grid that does not ascend is bad data, named",
    arguments: [[0.6, 1.4, 0.9, 2], [0.6, 0.6, 0.9, 2], [0.6, 0.9, 1.4, -1]])
  func grid(_ levels: [Double]) throws {
    try TemporaryFolder.with { folder in
      let ending = try Program.run(try arguments(folder, levels: levels))
      #expect(ending.status == 65)
      #expect(ending.errors.contains(folder.file("grid.npy")))
      #expect(!FileManager.default.fileExists(atPath: folder.file("losses.npy")))
    }
  }

  @Test("noise that does not fit the grid is bad data, named")
  func noise() throws {
    try TemporaryFolder.with { folder in
      let ending = try Program.run(try arguments(folder, levels: [0.6, 0.9, 1.4]))
      #expect(ending.status == 65)
      #expect(ending.errors.contains(folder.file("noise.npy")))
    }
  }
}
