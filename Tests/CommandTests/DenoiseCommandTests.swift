import Foundation
import NumPyFiles
import Testing

@Suite("ndc denoise", .enabled(if: Program.isBuilt, Program.absent))
struct DenoiseCommandTests {
  /// Docs/Networks.md, Precisions: the bar for float32, relative to the largest reference value.
  static let parity: Float = 2e-5
  /// Eight significant bits through a whole network; it is float32 where the processor has no bfloat16.
  static let bfloat16Parity: Float = 2e-2

  struct Report: Decodable {
    var evaluations: Int
    var threads: Int
    var precision: String
  }

  private func largestDifference(_ network: TinyNetwork, _ out: String, _ reference: String) throws -> Float {
    let found = try NumPyArray(contentsOf: out)
    let expected = try network.array(reference)
    try #require(found.shape == expected.shape)
    #expect(found.elementType == expected.elementType)
    let values = try expected.floats()
    let scale = values.reduce(0) { max($0, abs($1)) }
    // A NaN counts as infinitely wrong.
    return zip(try found.floats(), values).reduce(0) { $1.0.isFinite ? max($0, abs($1.0 - $1.1) / scale) : .infinity }
  }

  @Test("gives the original network's outputs, with labels and without", arguments: TinyNetwork.all)
  func parity(_ network: TinyNetwork) throws {
    try TemporaryFolder.with { folder in
      let out = folder.file("labelled.npy")
      let ending = try Program.run(network.denoiseArguments(out: out) + ["--threads", "2", "--json"])
      #expect(ending.status == 0, "\(ending.errors)")
      let report = try ending.json(Report.self)
      #expect((report.evaluations, report.threads, report.precision) == (4, 2, "fp32"))
      #expect(try largestDifference(network, out, "denoised.npy") <= Self.parity)

      let plain = folder.file("unconditional.npy")
      let unconditional = try Program.run([
        "denoise", "--model", network.model, "--x", network.file("x.npy"), "--sigma", network.file("sigma.npy"),
        "--out", plain,
      ])
      #expect(unconditional.status == 0)
      #expect(try largestDifference(network, plain, "denoised_unconditional.npy") <= Self.parity)
    }
  }

  @Test("stays near them in bfloat16", arguments: TinyNetwork.all)
  func bfloat16(_ network: TinyNetwork) throws {
    try TemporaryFolder.with { folder in
      let out = folder.file("out.npy")
      let ending = try Program.run(network.denoiseArguments(out: out) + ["--precision", "bf16", "--json"])
      #expect(ending.status == 0, "\(ending.errors)")
      // Where it cannot be had, that is said and recorded.
      let precision = try ending.json(Report.self).precision
      #expect(precision == "bf16" || ending.errors.contains("bfloat16"))
      #expect(try largestDifference(network, out, "denoised.npy") <= Self.bfloat16Parity)
    }
  }

  struct BadArray: CustomStringConvertible {
    var description: String
    /// x, sigma or labels.
    var argument: String
    var array: NumPyArray
    var named: String
  }

  static let badArrays = [
    BadArray(
      description: "images of another size", argument: "x",
      array: NumPyArray(shape: [4, 1, 7, 8], [Float](repeating: 0, count: 224)), named: "8, 8"),
    BadArray(
      description: "images without a batch axis", argument: "x",
      array: NumPyArray(shape: [1, 8, 8], [Float](repeating: 0, count: 64)), named: "shape"),
    BadArray(
      description: "a NaN", argument: "x",
      array: NumPyArray(shape: [4, 1, 8, 8], [Float](repeating: 0, count: 255) + [.nan]), named: "element 255"),
    BadArray(
      description: "an infinity", argument: "x",
      array: NumPyArray(shape: [4, 1, 8, 8], [.infinity] + [Float](repeating: 0, count: 255)), named: "element 0"),
    BadArray(
      description: "too few noise levels", argument: "sigma", array: NumPyArray(shape: [3], [1.0, 1, 1]), named: "[4]"),
    BadArray(
      description: "a noise level of 0", argument: "sigma", array: NumPyArray(shape: [4], [1.0, 1, 0, 1]),
      named: "element 2"),
    BadArray(
      description: "a label too large", argument: "labels", array: NumPyArray(shape: [4], [0, 1, 2, 10] as [Int64]),
      named: "0 ... 9"),
    BadArray(
      description: "a negative label", argument: "labels", array: NumPyArray(shape: [4], [-1, 1, 2, 3] as [Int64]),
      named: "element 0"),
    BadArray(
      description: "too many labels", argument: "labels", array: NumPyArray(shape: [5], [0, 1, 2, 3, 4] as [Int64]),
      named: "[4]"),
    BadArray(
      description: "labels that are no integers", argument: "labels", array: NumPyArray(shape: [4], [0.5, 1, 2, 3]),
      named: "0.5"),
  ]

  @Test("refuses bad arrays, naming file and place", arguments: badArrays)
  func badArray(_ bad: BadArray) throws {
    try TemporaryFolder.with { folder in
      let file = folder.file("bad.npy")
      let out = folder.file("out.npy")
      try bad.array.write(to: file)
      let network = TinyNetwork.grey
      let ending = try Program.run(
        network.denoiseArguments(
          x: bad.argument == "x" ? file : nil, sigma: bad.argument == "sigma" ? file : nil,
          labels: bad.argument == "labels" ? file : nil, out: out))
      #expect(ending.status == 65)
      #expect(ending.errors.contains(file))
      #expect(ending.errors.contains(bad.named), "\(ending.errors)")
      #expect(!FileManager.default.fileExists(atPath: out))
    }
  }

  @Test("names a file that is absent and a place that cannot be written")
  func files() throws {
    let network = TinyNetwork.grey
    let absent = try Program.run(network.denoiseArguments(x: "/absent/x.npy", out: "out.npy"))
    #expect(absent.status == 65)
    #expect(absent.errors.contains("/absent/x.npy"))
    let unwritable = try Program.run(network.denoiseArguments(out: "/absent/out.npy"))
    #expect(unwritable.status == 65)
    #expect(unwritable.errors.contains("/absent/out.npy"))
  }
}
