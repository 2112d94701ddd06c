import Foundation
import Testing

@Suite("ndc classify", .enabled(if: Program.isBuilt, Program.absent))
struct ClassifyCommandTests {
  struct Report: Decodable {
    struct Image: Decodable {
      var index: Int
      var label: Int
      var predicted: Int?
      var correct: Bool
    }
    var images: [Image]
    var correct: Int
    var accuracy: Double
    var evaluations: Int
  }

  @Test("reports every image and their accuracy", arguments: [("apndc", 11), ("dc", 10)])
  func json(_ method: String, _ evaluationsPerImage: Int) throws {
    let ending = try Program.run(
      "classify --method \(method) --timesteps 3 --first 1 --stride 2 --count 3 --json")
    #expect(ending.status == 0, "\(ending.errors)")
    let report = try ending.json(Report.self)
    #expect(report.images.map(\.index) == [1, 3, 5])
    // The first digits of MNIST's test set are 7 2 1 0 4 1.
    #expect(report.images.map(\.label) == [2, 0, 1])
    #expect(report.images.allSatisfy { $0.correct == ($0.predicted == $0.label) })
    #expect(report.correct == report.images.count(where: \.correct))
    #expect(report.accuracy == Double(report.correct) / 3)
    #expect(report.evaluations == 3 * evaluationsPerImage)
  }

  @Test(
    "refuses impossible options as bad usage",
    arguments: [
      ("--method unknown", "unknown"), ("--timesteps 2", "--timesteps"), ("--sigma 1.5 --timesteps 9", "--sigma"),
      ("--precision int4", "int4"), ("--weighting unknown", "unknown"), ("--clean --noisy", "--noisy"),
      ("--count 0", "--count"), ("--threads 0", "--threads"), ("--batch 0", "--batch"), ("--stride 0", "--stride"),
      ("--timesteps 5 --levels 1 2", "--levels"), ("--unknown-flag", "--unknown-flag"),
      ("--first 10000", "10000"), ("--sigma nan", "sigma"), ("--sigma -1", "--sigma"),
    ])
  func badUsage(_ options: String, _ named: String) throws {
    let ending = try Program.run("classify --count 1 " + options)
    #expect(ending.status == 64)
    #expect(ending.output.isEmpty)
    #expect(ending.errors.contains(named), "\(ending.errors)")
  }

  @Test(
    "names data and models that cannot be used",
    arguments: [
      ("--data /absent/images.npz", "/absent/images.npz"), ("--model /absent/model.pkl", "/absent/model.pkl"),
      ("--indices /absent/indices.txt", "/absent/indices.txt"),
      ("--weighting learned --calibration /absent/calibration.json", "/absent/calibration.json"),
    ])
  func badData(_ options: String, _ named: String) throws {
    let ending = try Program.run("classify --timesteps 3 " + options)
    #expect(ending.status == 65)
    #expect(ending.output.isEmpty)
    #expect(ending.errors.contains(named), "\(ending.errors)")
  }
}
