import Foundation
import Testing

@Suite("ndc --precision auto", .enabled(if: Program.isBuilt, Program.absent))
struct PrecisionCommandTests {
  private static let certify = [
    "certify", "--count", "1", "--selection-samples", "1", "--samples", "2", "--alpha", "0.5", "--data", "mnist",
  ]

  private static func precision(_ run: String) throws -> String? {
    let text = try String(contentsOfFile: run + "/run.json", encoding: .utf8)
    return ["fp32", "bf16", "int8"].first { text.contains("\"precision\" : \"\($0)\"") }
  }

  @Test("a run goes on in the precision that it has, whatever would be chosen now")
  func resumed() throws {
    try TemporaryFolder.with { folder in
      let run = folder.file("run")
      let begun = try Program.run(Self.certify + ["--precision", "fp32", "--out", run])
      #expect(begun.status == 0, "\(begun.errors)")
      for words in [[], ["--precision", "auto"]] {
        let more = try Program.run(Self.certify + ["--out", run, "--resume"] + words)
        #expect(more.status == 0, "\(more.errors)")
        #expect(try Self.precision(run) == "fp32")
      }
      let other = try Program.run(Self.certify + ["--precision", "int8", "--out", run, "--resume"])
      #expect(other.status == 64 && other.errors.contains("precision"))
    }
  }

  @Test("auto can be asked for anywhere, and run.json names what it came to")
  func named() throws {
    try TemporaryFolder.with { folder in
      let run = folder.file("run")
      let ending = try Program.run(
        Self.certify + ["--levels", "3", "--stop", "fixed", "--precision", "auto", "--out", run])
      #expect(ending.status == 0, "\(ending.errors)")
      #expect(try Self.precision(run) == "int8")
    }
  }
}
