import Foundation
import Testing

/// A conditional checkpoint with an unconditional companion.
@Suite("Two models", .enabled(if: Program.isBuilt, Program.absent))
struct TwoModelsTests {
  private func certify(_ model: String, _ companion: String, data: String, in folder: URL) throws -> Program.Ending {
    let run = UUID().uuidString
    return try Program.run(
      [
        "certify", "--model", model, "--unconditional-model", companion, "--data", data, "--selection-samples", "1",
        "--samples", "2", "--count", "1", "--preset", "fast", "--out", run,
      ], in: folder)
  }

  private func lines(_ ending: Program.Ending, _ start: String) -> [String] {
    ending.errors.split(separator: "\n").map(String.init).filter { $0.hasPrefix("ndc: " + start) }
  }

  @Test("both are named with what they compute in; int8 takes ranges of both, and otherwise says whose are missing")
  func precisions() throws {
    try TemporaryFolder.with { folder in
      var network = LargeNetwork(sides: [8], modelChannels: 32, multiplier: 1, blocks: 1, classes: 10)
      let (model, data) = try network.write(to: folder, images: 8, named: "labelled")
      network.classes = 0
      let (companion, _) = try network.write(to: folder, images: 8, named: "unlabelled")
      func quantized(_ model: String) throws -> String {
        let out = model.replacingOccurrences(of: ".safetensors", with: "-int8.safetensors")
        let ending = try Program.run(["quantize", model, out, "--calibration", data, "--images", "4", "--threads", "1"])
        #expect(ending.status == 0, "\(ending.errors)")
        return out
      }
      let both = (try quantized(model), try quantized(companion))

      let int8 = try certify(both.0, both.1, data: data, in: folder)
      #expect(int8.status == 0, "\(int8.errors)")
      let own = try #require(lines(int8, "\(both.0): ").first)
      let other = try #require(lines(int8, "without a label \(both.1): ").first)
      #expect(own.contains(", 10 classes, int8, ") && other.hasSuffix(", unconditional, int8"))

      for (first, second, lacking) in [(both.0, companion, companion), (model, both.1, model)] {
        let ending = try certify(first, second, data: data, in: folder)
        #expect(ending.status == 0, "\(ending.errors)")
        let own = try #require(lines(ending, "\(first): ").first)
        let other = try #require(lines(ending, "without a label \(second): ").first)
        #expect(!own.contains("int8,") && other.hasSuffix(" (\(lacking) has no ranges for int8)"))
        #expect(ending.errors.contains("and \(lacking) has none (`ndc quantize` measures them): both compute in "))
      }
      // Asked for, it is refused where it cannot be had.
      let refused = try Program.run(
        ["certify", "--model", both.0, "--unconditional-model", companion, "--data", data, "--precision", "int8"],
        in: folder)
      #expect(refused.status == 65 && refused.errors.contains(companion))
    }
  }

  @Test("the most evaluations announced are those after halving")
  func halving() throws {
    try TemporaryFolder.with { folder in
      let (model, data) = try LargeNetwork.manyClasses.write(to: folder)
      let ending = try Program.run(
        [
          "certify", "--model", model, "--data", data, "--selection-samples", "1", "--samples", "1", "--stop", "fixed",
          "--count", "1", "--sigma", "0.5", "--preset", "fast", "--out", "run",
        ], in: folder)
      #expect(ending.status == 0, "\(ending.errors)")
      #expect(ending.errors.contains("x up to 1939 evaluations = at most 3878"))
      let record = try #require(try RunFiles(folder: folder.appendingPathComponent("run")).records().first)
      #expect(record.evaluations == 3878)
    }
  }
}
