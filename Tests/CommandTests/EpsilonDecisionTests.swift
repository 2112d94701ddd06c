import Foundation
import TestSupport
import Testing

/// A small ε-network in improved-diffusion's layout, trained on digits at 16×16 (Fixtures/epsilon-digits/make.py).
@Suite("Decisions of an ε-network", .enabled(if: Program.isBuilt, Program.absent))
struct EpsilonDecisionTests {
  /// Of 200 decisions: the upper bound of the 95 % interval of the one in 200 that was seen in int8 (none in bf16).
  private static let mostThatDiffer = 5

  private static func predictions(_ precision: String) throws -> (found: [Int?], correct: Int) {
    func file(_ name: String) -> String {
      Repository.root.appendingPathComponent("Tests/CommandTests/Fixtures/epsilon-digits/\(name)").path
    }
    let ending = try Program.run([
      "classify", "--method", "epndc", "--model", file("model.safetensors"), "--data", "npz:\(file("test.npz"))",
      "--sigma", "0.25", "--levels", "1", "1.5", "2", "2.5", "--count", "200", "--precision", precision, "--json",
    ])
    #expect(ending.status == 0, "\(ending.errors)")
    let report = try ending.json(ClassifyCommandTests.Report.self)
    return (report.images.map(\.predicted), report.correct)
  }

  @Test("bf16 and int8 decide as fp32 does, as far as an EDM network's do")
  func agreement() throws {
    let exact = try Self.predictions("fp32")
    #expect(exact.found.count == 200 && exact.correct > 120, "\(exact.correct) are right: the model is no classifier")
    for precision in ["bf16", "int8"] {
      let other = try Self.predictions(precision)
      let differ = zip(exact.found, other.found).count { $0 != $1 }
      #expect(differ <= Self.mostThatDiffer, "\(precision): \(differ) differ")
    }
  }
}
