import Foundation
import NumPyFiles
import Testing

/// A multi-head network through the commands: 3×8×8, three classes (Tests/UNetsTests/Fixtures/tiny-multihead).
@Suite("multi-head networks", .enabled(if: Program.isBuilt, Program.absent))
struct MultiHeadCommandTests {
  private static let network = TinyNetwork(name: "tiny-multihead")
  private static let model = network.file("model.safetensors")

  /// Pictures of three classes; returns the data set's name.
  private func data(_ folder: URL, count: Int = 6) throws -> String {
    let pixels: [Float] = (0..<count * 192).map { place in
      let value = (place * 37 + place / 192 * 5) % 64
      return Float(value) / 63
    }
    try NumPyArray(shape: [count, 3, 8, 8], pixels).write(to: folder.file("x.npy"))
    try NumPyArray(shape: [count], (0..<count).map { Int64($0 % 3) }).write(to: folder.file("y.npy"))
    return "npy:\(folder.file("x.npy")),\(folder.file("y.npy"))"
  }

  private func run(_ arguments: [String]) throws -> Program.Ending {
    let ending = try Program.run(arguments)
    #expect(ending.status == 0, "\(ending.errors)")
    return ending
  }

  private func certify(_ folder: URL, _ options: [String], into name: String = "run") throws -> RunFiles {
    _ = try run(
      ["certify", "--model", Self.model, "--data", try data(folder), "--count", "3", "--selection-samples", "5"]
        + ["--samples", "30", "--stop", "fixed", "--alpha", "0.1", "--out", folder.file(name)] + options)
    return RunFiles(folder: folder.appendingPathComponent(name))
  }

  private static let onePass = ["--method", "apndc-posterior", "--levels", "tau"]

  @Test("denoise gives PyTorch's numbers for each label and for none")
  func denoise() throws {
    try TemporaryFolder.with { folder in
      for (labels, reference) in [(true, "denoised.npy"), (false, "denoised_unconditional.npy")] {
        var arguments = [
          "denoise", "--model", Self.model, "--x", Self.network.file("x.npy"), "--sigma",
          Self.network.file("sigma.npy"), "--precision", "fp32", "--out", folder.file("d.npy"),
        ]
        if labels { arguments += ["--labels", Self.network.file("labels.npy")] }
        _ = try run(arguments)
        let found = try NumPyArray(contentsOf: folder.file("d.npy")).floats()
        let expected = try Self.network.array(reference).floats()
        let largest = expected.map(abs).max() ?? 0
        #expect(zip(found, expected).allSatisfy { abs($0 - $1) <= 2e-5 * largest })
      }
    }
  }

  @Test("inspect says what an evaluation answers")
  func inspect() throws {
    let text = try run(["inspect", Self.model]).output
    for part in ["MultiHeadUNet", "4: an evaluation answers all 3 classes and none", "by a head of its own"] {
      #expect(text.contains(part), "\(text)")
    }
  }

  @Test("with --levels tau a vote is one evaluation, whatever the threads, the batch and an interruption")
  func onePass() throws {
    try TemporaryFolder.with { folder in
      let whole = try certify(folder, Self.onePass)
      let records = try whole.records()
      #expect(records.count == 3 && records.allSatisfy { $0.evaluations == 35 && $0.samples == 30 })
      let other = try certify(folder, Self.onePass + ["--threads", "1", "--batch", "3"], into: "other")
      #expect(try other.timelessResults() == whole.timelessResults())
      // Two images of three, then the rest.
      let resumed = try certify(folder, Self.onePass + ["--count", "2"], into: "resumed")
      #expect(try resumed.records().count == 2)
      _ = try certify(folder, Self.onePass + ["--resume"], into: "resumed")
      #expect(try resumed.timelessResults() == whole.timelessResults())
      _ = try run(["verify", whole.folder.path, "--redraw", "all"])
    }
  }

  @Test("other methods and levels take an evaluation a level, and one for the estimate")
  func levels() throws {
    try TemporaryFolder.with { folder in
      let cases: [(options: [String], each: Int)] = [
        (["--method", "apndc-posterior", "--levels", "tau", "0.7", "1.1"], 3),
        (["--method", "apndc-posterior", "--levels", "0.500000001"], 2), (["--levels", "tau", "1"], 3),
        (["--method", "dc", "--levels", "0.3", "1"], 2), (["--method", "epndc", "--levels", "0.6", "1", "2"], 2),
        (Self.onePass + ["--independent-noise"], 4), (Self.onePass + ["--among", "0,2"], 1),
        (Self.onePass + ["--unconditional-model", Self.model], 2),
      ]
      for (place, item) in cases.enumerated() {
        var options = item.options
        if options.contains("--among") { options.append("--count-others-wrong") }
        let records = try certify(folder, options, into: "run-\(place)").records()
        #expect(records.allSatisfy { $0.evaluations == 35 * item.each }, "\(item.options)")
      }
    }
  }

  @Test("losses at the level σ_τ are ‖D_y − D_none‖², and another level's are against the same estimate")
  func losses() throws {
    try TemporaryFolder.with { folder in
      // One image of the fixture at its own noise, and without noise at a second level.
      let row = 1
      let tau = Double(try Self.network.array("sigma.npy").floats()[row])
      let x = Array(try Self.network.array("x.npy").floats()[row * 192..<(row + 1) * 192])
      let known = try Self.network.array("losses.npy").doubles()[row * 3..<(row + 1) * 3]
      let estimate = try Self.network.array("denoised_unconditional.npy").floats()[row * 192..<(row + 1) * 192]
      try NumPyArray(shape: [3, 3, 8, 8], x + x + x).write(to: folder.file("three.npy"))
      try NumPyArray(shape: [3], [Float](repeating: Float(tau + 1), count: 3)).write(to: folder.file("sigma.npy"))
      try NumPyArray(shape: [3], [Int64(0), 1, 2]).write(to: folder.file("labels.npy"))
      _ = try run([
        "denoise", "--model", Self.model, "--x", folder.file("three.npy"), "--sigma", folder.file("sigma.npy"),
        "--labels", folder.file("labels.npy"), "--precision", "fp32", "--out", folder.file("d.npy"),
      ])
      let second = try NumPyArray(contentsOf: folder.file("d.npy")).floats()
      try NumPyArray(shape: [1, 3, 8, 8], x.map { ($0 + 1) / 2 }).write(to: folder.file("pixels.npy"))
      try NumPyArray(shape: [2, 3, 8, 8], [Float](repeating: 0, count: 384)).write(to: folder.file("noise.npy"))
      try NumPyArray(shape: [2], [tau, tau + 1]).write(to: folder.file("grid.npy"))
      _ = try run([
        "losses", "--model", Self.model, "--x", folder.file("pixels.npy"), "--noise", folder.file("noise.npy"),
        "--grid",
        folder.file("grid.npy"), "--sigma", "\(tau / 2)", "--method", "apndc-posterior", "--weighting", "uniform",
        "--precision", "fp32", "--out", folder.file("losses.npy"),
      ])
      let found = try NumPyArray(contentsOf: folder.file("losses.npy")).doubles()
      for label in 0..<3 {
        let differences: [Double] = zip(second[label * 192..<(label + 1) * 192], estimate).map { Double($0 - $1) }
        let error: Double = differences.reduce(0) { $0 + $1 * $1 }
        let expected = known[known.startIndex + label] + error
        #expect(abs(found[label] - expected) <= 1e-3 * expected, "class \(label)")
      }
    }
  }

  @Test("calibrate finds the level σ_τ by itself, and certify takes it")
  func calibrate() throws {
    try TemporaryFolder.with { folder in
      let model = folder.file("model.safetensors")
      try FileManager.default.copyItem(atPath: Self.model, toPath: model)
      let data = try data(folder, count: 120)
      let text = try run([
        "calibrate", "--model", model, "--data", data, "--sigma", "0.3", "--method", "apndc-posterior", "--levels",
        "tau",
        "--images", "120",
      ]).output
      #expect(text.contains("at 1 evaluations per vote"), "\(text)")
      struct Table: Decodable {
        struct Entry: Decodable {
          struct Level: Decodable { var sigma: Double }
          var method: String
          var levels: [Level]
          var evaluationsPerVote: Double
        }
        var entries: [Entry]
      }
      let file = folder.appendingPathComponent("model.calibration.json")
      let table = try JSONDecoder().decode(Table.self, from: Data(contentsOf: file))
      #expect(table.entries.map(\.method) == ["apndc-posterior"])
      #expect(table.entries[0].levels.map(\.sigma) == [0.6] && table.entries[0].evaluationsPerVote == 1)
      // Nothing said, the calibration decides the method too.
      func evaluations(_ options: [String]) throws -> Int {
        let name = "run-\(options.joined())"
        _ = try run(
          ["certify", "--model", model, "--data", data, "--sigma", "0.3", "--count", "1", "--selection-samples", "5"]
            + ["--samples", "20", "--stop", "fixed", "--preset", "fast", "--out", folder.file(name)] + options)
        return try RunFiles(folder: folder.appendingPathComponent(name)).records()[0].evaluations
      }
      #expect(try evaluations([]) == 25)
      #expect(try evaluations(["--method", "apndc"]) > 25)
    }
  }

  @Test("--mirror averages the denoiser over mirrored pictures: denoise's own numbers, twice the evaluations, redrawn")
  func mirror() throws {
    try TemporaryFolder.with { folder in
      let tau = Double(try Self.network.array("sigma.npy").floats()[0])
      let x = Array(try Self.network.array("x.npy").floats()[..<192])
      func mirrored(_ picture: [Float]) -> [Float] { picture.indices.map { picture[$0 / 8 * 8 + 7 - $0 % 8] } }
      /// D of every class, or of none alone, averaged over the mirrored picture by hand.
      func symmetric(at noise: Double, labelled: Bool) throws -> [[Float]] {
        func answers(_ picture: [Float]) throws -> [[Float]] {
          try NumPyArray(shape: [3, 3, 8, 8], picture + picture + picture).write(to: folder.file("three.npy"))
          try NumPyArray(shape: [3], [Float](repeating: Float(noise), count: 3)).write(to: folder.file("sigma.npy"))
          try NumPyArray(shape: [3], [Int64(0), 1, 2]).write(to: folder.file("labels.npy"))
          _ = try run(
            [
              "denoise", "--model", Self.model, "--x", folder.file("three.npy"), "--sigma", folder.file("sigma.npy"),
              "--precision", "fp32", "--out", folder.file("d.npy"),
            ] + (labelled ? ["--labels", folder.file("labels.npy")] : []))
          let all = try NumPyArray(contentsOf: folder.file("d.npy")).floats()
          return (0..<3).map { Array(all[$0 * 192..<($0 + 1) * 192]) }
        }
        return zip(try answers(x), try answers(mirrored(x)).map(mirrored)).map { zip($0, $1).map { 0.5 * ($0 + $1) } }
      }
      try NumPyArray(shape: [1, 3, 8, 8], x.map { ($0 + 1) / 2 }).write(to: folder.file("pixels.npy"))
      try NumPyArray(shape: [2, 3, 8, 8], [Float](repeating: 0, count: 384)).write(to: folder.file("noise.npy"))
      try NumPyArray(shape: [2], [tau, tau + 1]).write(to: folder.file("grid.npy"))
      _ = try run([
        "losses", "--model", Self.model, "--x", folder.file("pixels.npy"), "--noise", folder.file("noise.npy"),
        "--grid", folder.file("grid.npy"), "--sigma", "\(tau / 2)", "--method", "apndc-posterior", "--weighting",
        "uniform", "--precision", "fp32", "--mirror", "--out", folder.file("losses.npy"),
      ])
      let found = try NumPyArray(contentsOf: folder.file("losses.npy")).doubles()
      let estimate = try symmetric(at: tau, labelled: false)[0]
      let levels = try [tau, tau + 1].map { try symmetric(at: $0, labelled: true) }
      for label in 0..<3 {
        let expected = levels.reduce(0.0) { sum, answers in
          sum + zip(answers[label], estimate).reduce(0.0) { $0 + Double($1.0 - $1.1) * Double($1.0 - $1.1) }
        }
        #expect(abs(found[label] - expected) <= 1e-3 * expected, "class \(label)")
      }

      let whole = try certify(folder, Self.onePass + ["--mirror"])
      let records = try whole.records()
      #expect(records.count == 3 && records.allSatisfy { $0.evaluations == 70 })
      let manifest = try String(contentsOf: whole.folder.appendingPathComponent("run.json"), encoding: .utf8)
      #expect(manifest.contains(#""symmetry" : "mirror""#) || manifest.contains(#""symmetry":"mirror""#), "\(manifest)")
      let other = try certify(
        folder, Self.onePass + ["--mirror", "--threads", "1", "--batch", "3"], into: "other")
      #expect(try other.timelessResults() == whole.timelessResults())
      _ = try run(["verify", whole.folder.path, "--redraw", "all"])
      let plain = try certify(folder, Self.onePass + ["--no-mirror"], into: "plain")
      #expect(try plain.records().allSatisfy { $0.evaluations == 35 })
      let mixed = try Program.run(
        [
          "certify", "--model", Self.model, "--data", try data(folder), "--count", "3", "--selection-samples", "5",
          "--samples", "30", "--stop", "fixed", "--alpha", "0.1", "--out", whole.folder.path, "--resume",
        ] + Self.onePass)
      #expect(mixed.status == 64 && mixed.errors.contains("symmetry"), "\(mixed.errors)")
    }
  }

  @Test("calibrate --mirror makes it the default, which --no-mirror overrides")
  func calibrateMirrored() throws {
    try TemporaryFolder.with { folder in
      let model = folder.file("model.safetensors")
      try FileManager.default.copyItem(atPath: Self.model, toPath: model)
      let data = try data(folder, count: 60)
      let text = try run([
        "calibrate", "--model", model, "--data", data, "--sigma", "0.3", "--method", "apndc-posterior", "--levels",
        "tau", "--images", "60", "--mirror",
      ]).output
      #expect(text.contains("at 2 evaluations per vote") && text.contains("2.0 evaluations per vote"), "\(text)")
      for (options, expected) in [([], 50), (["--no-mirror"], 25)] {
        let name = "run-\(options.joined())"
        _ = try run(
          ["certify", "--model", model, "--data", data, "--sigma", "0.3", "--count", "1", "--selection-samples", "5"]
            + ["--samples", "20", "--stop", "fixed", "--preset", "fast", "--out", folder.file(name)] + options)
        #expect(try RunFiles(folder: folder.appendingPathComponent(name)).records()[0].evaluations == expected)
      }
    }
  }

  @Test("quantize measures it, and a damaged file is refused by name")
  func files() throws {
    try TemporaryFolder.with { folder in
      let int8 = folder.file("int8.safetensors")
      _ = try run([
        "quantize", Self.model, int8, "--calibration", try data(folder, count: 20), "--levels", "0.5", "2",
      ])
      #expect(try run(["inspect", int8]).output.contains("int8"))
      var bytes = try Data(contentsOf: URL(fileURLWithPath: Self.model))
      let field = try #require(bytes.range(of: Data(#"\"patch\":2"#.utf8)))
      bytes.replaceSubrange(field, with: Data(#"\"patch\":3"#.utf8))
      let damaged = folder.file("damaged.safetensors")
      try bytes.write(to: URL(fileURLWithPath: damaged))
      let ending = try Program.run(["inspect", damaged])
      #expect(ending.status == 65 && ending.errors.contains("imageResolution of MultiHeadUNet"), "\(ending.errors)")
    }
  }
}
