import Foundation
import NoisedDiffusionClassifiers
import NumPyFiles
import Testing

@Suite("ndc quantize and --precision int8", .enabled(if: Program.isBuilt, Program.absent))
struct QuantizeCommandTests {
  struct Result: Decodable {
    struct Level: Decodable {
      var level: Double
      var relativeError: Double
    }
    var digest: String
    var convolutions: Int
    var images: Int
    var evaluations: Int
    var rule: String
    var arithmetic: String
    var levels: [Level]
  }

  struct Report: Decodable {
    struct Quantization: Decodable {
      var convolutions: Int
      var ofConvolutions: Int
      var data: String
      var images: Int
      var levels: [Double]
      var rule: String
      var seed: UInt64
    }
    var digest: String
    var precisionsHere: [String]
    var quantization: Quantization?
  }

  /// Twelve pictures of the fixture's shape in a .npy file, without labels.
  private func pictures(_ network: TinyNetwork, in folder: URL) throws -> String {
    let shape = try network.array("x.npy").shape
    let count = 12 * shape[1...].reduce(1, *)
    let values = (0..<count).map { Float(($0 * 7919) % 251) / 250 }
    let path = folder.file("pictures.npy")
    try NumPyArray(shape: [12] + shape[1...], values).write(to: path)
    return path
  }

  private func quantize(_ network: TinyNetwork, in folder: URL, _ more: [String] = []) throws -> (Result, String) {
    let out = folder.file("int8-\(UUID().uuidString).safetensors")
    let ending = try Program.run(
      ["quantize", network.model, out, "--calibration", try pictures(network, in: folder), "--json"] + more)
    #expect(ending.status == 0, "\(ending.errors)")
    return (try ending.json(Result.self), out)
  }

  @Test("ranges travel with the model, which inspect shows and int8 runs", arguments: TinyNetwork.all)
  func wholeWay(_ network: TinyNetwork) throws {
    try TemporaryFolder.with { folder in
      let (result, out) = try quantize(
        network, in: folder, ["--images", "9", "--levels", "0.5", "2", "8", "--seed", "5"])
      #expect((result.images, result.evaluations, result.rule) == (9, 27, "least-squares"))
      #expect(result.levels.map(\.level) == [0.5, 2, 8])
      #expect(result.levels.allSatisfy { $0.relativeError > 1e-5 && $0.relativeError < 0.05 }, "\(result.levels)")

      let report = try Program.run(["inspect", out, "--json"]).json(Report.self)
      #expect(report.digest == result.digest)
      #expect(report.precisionsHere.contains("int8"))
      let quantization = try #require(report.quantization)
      #expect((quantization.convolutions, quantization.ofConvolutions) == (result.convolutions, result.convolutions))
      #expect((quantization.data, quantization.images, quantization.rule) == ("pictures.npy", 9, "least-squares"))
      #expect(quantization.levels == [0.5, 2, 8] && quantization.seed == 5)
      #expect(try Program.run(["inspect", out]).output.contains("pictures.npy"))

      // In fp32 the weights are the original's, bit for bit; in int8 they are nearly so.
      var results: [[Float]] = []
      for (model, precision) in [(network.model, "fp32"), (out, "fp32"), (out, "int8")] {
        let file = folder.file("denoised.npy")
        let ending = try Program.run(
          network.denoiseArguments(model: model, out: file) + ["--precision", precision, "--json"])
        #expect(ending.status == 0, "\(ending.errors)")
        #expect(ending.output.contains("\"precision\":\"\(precision)\""))
        results.append(try NumPyArray(contentsOf: file).floats())
      }
      #expect(results[0] == results[1])
      #expect(results[1] != results[2])
      let largest = results[1].map(abs).max() ?? 0
      #expect(zip(results[1], results[2]).allSatisfy { abs($0 - $1) <= 0.1 * largest })

      // A copy by convert keeps the ranges.
      let copy = folder.file("copy.safetensors")
      #expect(try Program.run(["convert", out, copy]).status == 0)
      #expect(try Data(contentsOf: URL(fileURLWithPath: copy)) == Data(contentsOf: URL(fileURLWithPath: out)))
    }
  }

  @Test("the same images and seed give the same file, whatever the threads; another seed another one")
  func repeatable() throws {
    try TemporaryFolder.with { folder in
      let options = ["--images", "4", "--levels", "1"]
      let one = try quantize(.grey, in: folder, options + ["--threads", "1"]).0.digest
      #expect(try quantize(.grey, in: folder, options + ["--threads", "3"]).0.digest == one)
      #expect(try quantize(.grey, in: folder, options + ["--seed", "6"]).0.digest != one)
      #expect(try quantize(.grey, in: folder, options + ["--rule", "full"]).0.digest != one)
    }
  }

  @Test("int8 on a model without ranges is bad data, and says what to run")
  func missing() throws {
    try TemporaryFolder.with { folder in
      let out = folder.file("out.npy")
      let ending = try Program.run(TinyNetwork.grey.denoiseArguments(out: out) + ["--precision", "int8"])
      #expect(ending.status == 65)
      #expect(ending.errors.contains("ndc quantize") && ending.errors.contains(TinyNetwork.grey.model))
      #expect(!FileManager.default.fileExists(atPath: out))
    }
  }

  @Test("a run's record names int8 and how its bytes are used, and no other precision continues it")
  func identity() throws {
    try TemporaryFolder.with { folder in
      let run = folder.file("run")
      let certify = [
        "certify", "--data", "mnist", "--count", "1", "--levels", "3", "--selection-samples", "1", "--samples", "2",
        "--out", run,
      ]
      let ending = try Program.run(certify + ["--precision", "int8"])
      #expect(ending.status == 0, "\(ending.errors)")
      let manifest = try String(contentsOfFile: run + "/run.json", encoding: .utf8)
      #expect(manifest.contains("int8") && manifest.contains("levels"))
      let other = try Program.run(certify + ["--precision", "fp32", "--resume"])
      #expect(other.status != 0)
      #expect(other.errors.contains("precision"))
    }
  }

  @Test(
    "impossible options are bad usage",
    arguments: [
      ["--images", "0"], ["--levels", "0"], ["--levels", "-1"], ["--levels", "inf"], ["--rule", "best"],
      ["--threads", "0"],
    ])
  func usage(_ options: [String]) throws {
    try TemporaryFolder.with { folder in
      let data = try pictures(.grey, in: folder)
      let out = folder.file("out.safetensors")
      let arguments = ["quantize", TinyNetwork.grey.model, out, "--calibration", data]
      #expect(try Program.run(arguments + options).status == 64)
      #expect(!FileManager.default.fileExists(atPath: out))
    }
  }

  @Test("what is missing or does not fit is named")
  func badInput() throws {
    try TemporaryFolder.with { folder in
      let data = try pictures(.grey, in: folder)
      let out = folder.file("out.safetensors")
      #expect(try Program.run(["quantize", TinyNetwork.grey.model, out]).status == 64)
      #expect(
        try Program.run(["quantize", TinyNetwork.grey.model, folder.file("out.pkl"), "--calibration", data]).status
          == 64)
      // The bundled test set is for measuring.
      let test = try Program.run(["quantize", TinyNetwork.grey.model, out, "--calibration", "mnist"])
      #expect(test.status == 64 && test.errors.contains("test set"))
      let absent = try Program.run(["quantize", folder.file("absent.pkl"), out, "--calibration", data])
      #expect(absent.status == 65 && absent.errors.contains("absent.pkl"))
      // Pictures of one channel for a network of three.
      let misfit = try Program.run(["quantize", TinyNetwork.all[1].model, out, "--calibration", data])
      #expect(misfit.status == 65, "\(misfit.errors)")
      #expect(!FileManager.default.fileExists(atPath: out))
    }
  }

  #if os(Linux)
    @Test("a large network takes less than three times its weights' memory")
    func memory() throws {
      try TemporaryFolder.with { folder in
        let network = LargeNetwork(sides: [16, 8], modelChannels: 96, blocks: 3, classes: 0)
        let (model, data) = try network.write(to: folder)
        let program = try Program([
          "quantize", model, folder.file("int8.safetensors"), "--calibration", data, "--images", "1", "--levels", "1",
          "--threads", "1",
        ])
        var peak = 0
        while program.isRunning {
          peak = max(peak, program.peakMemory)
          usleep(2000)
        }
        let ending = try program.wait()
        #expect(ending.status == 0, "\(ending.errors)")
        let weights = try Data(contentsOf: URL(fileURLWithPath: model), options: .alwaysMapped).count
        // Beside the weights: pages of the program and its libraries, and a worker.
        #expect(weights > 48 << 20 && peak > weights)
        #expect(peak < 3 * weights + 96 << 20, "\(peak >> 20) MiB for \(weights >> 20) MiB of weights")
      }
    }
  #endif

  @Test("a network that was never trained without a label is not asked without one")
  func labels() throws {
    let shape = ImageShape(channels: 3, height: 16, width: 16)
    let pixels = [Float](repeating: 0.5, count: 2 * shape.count)
    let adapted = try AdaptedImageSet(
      FloatImageSet(name: "two", imageShape: shape, pixels: pixels, labels: [3, 7]), to: shape)
    func labels(_ answersWithoutLabel: Bool) throws -> [Int?] {
      try QuantizationSample(
        adapted, count: 2, levels: [1, 2, 3], classes: 10, answersWithoutLabel: answersWithoutLabel, seed: 0
      ).queries.map(\.label)
    }
    #expect(try labels(false).allSatisfy { $0 != nil })
    #expect(try labels(true).contains { $0 == nil })
  }
}
