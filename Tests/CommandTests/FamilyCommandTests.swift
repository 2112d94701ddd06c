import Foundation
import NumPyFiles
import TestSupport
import Testing

/// A folder of diffusers from a description to a verified run.
@Suite("Models of other families", .enabled(if: Program.isBuilt, Program.absent))
struct FamilyCommandTests {
  private static let fixture = Repository.root.appendingPathComponent("Tests/UNetsTests/Fixtures/families/diffusers")
  private static let model = fixture.appendingPathComponent("model").path

  @Test("a description's edit keeps a run from going on, by the key's name")
  func editedDescription() throws {
    try TemporaryFolder.with { folder in
      let pixels = (0..<6 * 768).map { Float($0 % 16 < 8 + $0 / 768 ? 0.25 : 0.75) }
      try NumPyArray(shape: [6, 3, 16, 16], pixels).write(to: folder.file("x.npy"))
      try NumPyArray(shape: [6], [0, 1, 2, 3, 4, 5] as [Int64]).write(to: folder.file("y.npy"))
      func describe(_ text: String) throws {
        try Data(text.utf8).write(to: URL(fileURLWithPath: folder.file("about.json")))
      }
      let certify = [
        "certify", "--model", Self.model, "--model-config", folder.file("about.json"), "--data",
        "npy:\(folder.file("x.npy")),\(folder.file("y.npy"))", "--sigma", "0.5", "--samples", "12",
        "--selection-samples", "2", "--timesteps", "4", "--count", "1", "--out", folder.file("run"),
      ]
      try describe(#"{"zero_label": true}"#)
      let begun = try Program.run(certify)
      #expect(begun.status == 0, "\(begun.errors)")
      let verified = try Program.run(["verify", folder.file("run"), "--redraw", "all"])
      #expect(verified.status == 0, "\(verified.errors)")
      try describe(#"{"zero_label": true, "timestep": "rounded"}"#)
      let edited = try Program.run(certify + ["--resume"])
      #expect(edited.status != 0 && edited.errors.contains("model.description.timestep"), "\(edited.errors)")
      let found = try Program.run(["verify", folder.file("run")])
      #expect(found.status != 0)
      #expect((found.output + found.errors).contains("model.description.timestep"), "\(found.output)\(found.errors)")
    }
  }

  @Test("a run records noise levels beyond the trained ones, tells them once, and goes on")
  func recordedLevels() throws {
    try TemporaryFolder.with { folder in
      let pixels = (0..<2 * 768).map { Float($0 % 16) / 16 }
      try NumPyArray(shape: [2, 3, 16, 16], pixels).write(to: folder.file("x.npy"))
      try NumPyArray(shape: [2], [0, 1] as [Int64]).write(to: folder.file("y.npy"))
      try Data(#"{"zero_label": true}"#.utf8).write(to: URL(fileURLWithPath: folder.file("about.json")))
      func certify(_ levels: [String], _ run: String, _ more: [String]) throws -> Program.Ending {
        try Program.run(
          [
            "certify", "--model", Self.model, "--model-config", folder.file("about.json"), "--data",
            "npy:\(folder.file("x.npy")),\(folder.file("y.npy"))", "--sigma", "0.5", "--samples", "12",
            "--selection-samples", "2", "--out", folder.file(run), "--levels",
          ] + levels + more)
      }
      let outside = try certify(["1", "500"], "outside", ["--count", "1"])
      #expect(outside.status == 0, "\(outside.errors)")
      #expect(outside.errors.components(separatedBy: "extrapolates").count == 2, "\(outside.errors)")
      let manifest = try RunFiles(folder: URL(fileURLWithPath: folder.file("outside"))).text("run.json")
      #expect(manifest.contains("\"extrapolation\""), "\(manifest)")
      #expect(manifest.filter { !$0.isWhitespace }.contains("\"levels\":[1,500]"), "\(manifest)")
      #expect(try certify(["1", "500"], "outside", ["--count", "2", "--resume"]).status == 0)
      #expect(try Program.run(["verify", folder.file("outside"), "--redraw", "all"]).status == 0)
      let page = folder.file("page.html")
      #expect(try Program.run(["report", folder.file("outside"), "--gallery", "0", "--out", page]).status == 0)
      #expect(try String(contentsOfFile: page, encoding: .utf8).contains("Levels beyond the trained ones"))
      let inside = try certify(["1", "2"], "inside", ["--count", "1"])
      #expect(inside.status == 0 && !inside.errors.contains("extrapolates"), "\(inside.errors)")
      let other = try RunFiles(folder: URL(fileURLWithPath: folder.file("inside"))).text("run.json")
      #expect(!other.contains("extrapolation"))
    }
  }

  @Test("inspect says what each item is and where it came from")
  func inspection() throws {
    let ending = try Program.run(["inspect", Self.model])
    #expect(ending.status == 0, "\(ending.errors)")
    #expect(ending.output.contains("beta_schedule"))
    #expect(ending.output.contains("linear (the file)"))
    #expect(ending.output.contains("interpolated (default)"))
    #expect(ending.output.contains("trained noise levels"))
  }

  @Test("a model that always needs a label says what to do without one")
  func labelNeeded() throws {
    try TemporaryFolder.with { folder in
      func file(_ name: String) -> String { Self.fixture.appendingPathComponent(name).path }
      let denoise = [
        "denoise", "--model", Self.model, "--x", file("x.npy"), "--sigma", file("sigma.npy"), "--out",
        folder.file("out.npy"),
      ]
      let refused = try Program.run(denoise)
      #expect(refused.status == 65)
      for part in ["--labels", "--unconditional-model", "zero_label"] { #expect(refused.errors.contains(part)) }
      let answered = try Program.run(denoise + ["--labels", file("labels.npy")])
      #expect(answered.status == 0, "\(answered.errors)")
    }
  }

  @Test("noise levels beyond the trained ones are told once")
  func levelsOutside() throws {
    try TemporaryFolder.with { folder in
      func file(_ name: String) -> String { Self.fixture.appendingPathComponent(name).path }
      let levels = NumPyArray(shape: [6], [Float](repeating: 500, count: 6))
      try levels.write(to: folder.file("sigma.npy"))
      let ending = try Program.run([
        "denoise", "--model", Self.model, "--x", file("x.npy"), "--sigma", folder.file("sigma.npy"), "--labels",
        file("labels.npy"), "--out", folder.file("out.npy"),
      ])
      #expect(ending.status == 0)
      #expect(ending.errors.components(separatedBy: "extrapolates").count == 2, "\(ending.errors)")
    }
  }

  /// Twenty-four pictures of four kinds, as `--data` takes them; to EDM2's fixture they are of these classes.
  private func pictures(_ folder: URL) throws -> String {
    let labels: [Int64] = [3, 8, 5, 5]
    let pixels = (0..<24 * 768).map { place -> Float in
      let isDark = place % 16 < 4 * (1 + place / 768 % 4)
      return (isDark ? 0.25 : 0.75) + Float(place % 7) / 64
    }
    try NumPyArray(shape: [24, 3, 16, 16], pixels).write(to: folder.file("x.npy"))
    try NumPyArray(shape: [24], (0..<24).map { labels[$0 % 4] }).write(to: folder.file("y.npy"))
    return "npy:\(folder.file("x.npy")),\(folder.file("y.npy"))"
  }

  @Test("calibrate and quantize tell noise levels beyond the trained ones once")
  func preparedLevels() throws {
    try TemporaryFolder.with { folder in
      let data = try pictures(folder)
      try Data(#"{"zero_label": true}"#.utf8).write(to: URL(fileURLWithPath: folder.file("about.json")))
      let model = ["--model-config", folder.file("about.json"), "--threads", "1"]
      func told(_ words: [String]) throws -> Int {
        let ending = try Program.run(words + model)
        // Of a network that was trained on nothing, calibrating may learn nothing.
        #expect(ending.status == 0 || ending.errors.contains("tells nothing about these classes"), "\(ending.errors)")
        return ending.errors.components(separatedBy: "extrapolates").count - 1
      }
      for (levels, count) in [(["2", "500"], 1), (["2", "4"], 0)] {
        let calibrate =
          ["calibrate", "--model", Self.model, "--data", data, "--images", "20", "--most-levels", "1"]
          + ["--out", folder.file("learned.json"), "--sigma", "0.25", "0.5", "--levels"] + levels
        #expect(try told(calibrate + ["--quiet-levels", "3"]) == count)
        let quantize = ["quantize", Self.model, folder.file("int8.safetensors"), "--calibration", data, "--levels"]
        #expect(try told(quantize + levels + ["--images", "2"]) == count)
      }
      // x̂'s level counts, where there is one.
      for (method, count) in [("apndc", 1), ("dc", 0)] {
        let calibrate =
          ["calibrate", "--model", Self.model, "--data", data, "--images", "20", "--most-levels", "1"]
          + ["--out", folder.file("learned.json"), "--sigma", "0.004", "--method", method, "--levels", "2"]
        #expect(try told(calibrate + ["--quiet-levels", "3"]) == count, "\(method)")
      }
    }
  }

  @Test("an EDM2 pickle is calibrated, certified with what was learned, and measured")
  func edm2Prepared() throws {
    try TemporaryFolder.with { folder in
      let data = try pictures(folder)
      let learned = folder.file("learned.json")
      let calibrated = try Program.run([
        "calibrate", "--model", Self.edm2, "--data", data, "--images", "20", "--most-levels", "2", "--sigma", "0.1",
        "--levels", "1", "2", "4", "--quiet-levels", "2.5", "--threads", "1", "--out", learned,
      ])
      #expect(calibrated.status == 0, "\(calibrated.errors)")
      let certified = try Program.run([
        "certify", "--model", Self.edm2, "--data", data, "--sigma", "0.1", "--weighting", "learned", "--calibration",
        learned, "--samples", "12", "--selection-samples", "2", "--count", "1", "--out", folder.file("run"),
      ])
      #expect(certified.status == 0, "\(certified.errors)")
      let verified = try Program.run(["verify", folder.file("run"), "--redraw", "all"])
      #expect(verified.status == 0, "\(verified.output)\(verified.errors)")

      let measured = try Program.run([
        "benchmark", "--model", Self.edm2, "--seconds", "0.02", "--rounds", "1", "--batch", "2", "--precisions", "fp32",
        "--threads", "1", "--no-presets", "--json",
      ])
      #expect(measured.status == 0, "\(measured.errors)")
      let report = try measured.json(BenchmarkCommandTests.Report.self)
      #expect(report.networks.count == 1 && report.networks.allSatisfy { $0.evaluationsPerSecond > 0 })
      #expect(report.operationsPerEvaluation > 1_000_000)
    }
  }

  private static let edm2 = Repository.root.appendingPathComponent("Tests/UNetsTests/Fixtures/families/edm2/model.pkl")
    .path

  @Test("an EDM2 pickle is inspected, quantised, certified in int8, resumed and verified with redraw")
  func edm2() throws {
    try TemporaryFolder.with { folder in
      let inspected = try Program.run(["inspect", Self.edm2])
      #expect(inspected.status == 0, "\(inspected.errors)")
      for part in ["EDM2's U-Net", "1,2 (the file)", "0.3 (default)", "unknown (the file)", "0.002 to 80"] {
        #expect(inspected.output.contains(part), "\(part): \(inspected.output)")
      }
      let pixels = (0..<6 * 768).map { Float($0 % 16 < 8 + $0 / 768 ? 0.25 : 0.75) }
      try NumPyArray(shape: [6, 3, 16, 16], pixels).write(to: folder.file("x.npy"))
      try NumPyArray(shape: [6], [0, 1, 2, 3, 4, 5] as [Int64]).write(to: folder.file("y.npy"))
      let data = "npy:\(folder.file("x.npy")),\(folder.file("y.npy"))"
      let quantized = try Program.run([
        "quantize", Self.edm2, folder.file("int8.safetensors"), "--calibration", data, "--images", "6",
      ])
      #expect(quantized.status == 0, "\(quantized.errors)")
      for (model, precision) in [(Self.edm2, "fp32"), (folder.file("int8.safetensors"), "int8")] {
        let certify = [
          "certify", "--model", model, "--precision", precision, "--data", data, "--sigma", "0.5", "--samples", "12",
          "--selection-samples", "2", "--timesteps", "4", "--out", folder.file("run-" + precision),
        ]
        let begun = try Program.run(certify + ["--count", "1"])
        #expect(begun.status == 0, "\(begun.errors)")
        #expect(begun.errors.components(separatedBy: "labels were dropped").count == 2, "\(begun.errors)")
        let resumed = try Program.run(certify + ["--count", "2", "--resume"])
        #expect(resumed.status == 0, "\(resumed.errors)")
        let verified = try Program.run(["verify", folder.file("run-" + precision), "--redraw", "all"])
        #expect(verified.status == 0, "\(verified.output)\(verified.errors)")
        let record = try String(contentsOfFile: folder.file("run-\(precision)/run.json"), encoding: .utf8)
        #expect(record.contains("label_dropout"))
      }
    }
  }
}
