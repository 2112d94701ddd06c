import Basics
import Checkpoints
import Diffusion
import Foundation
import NumPyFiles
import TestSupport
import Testing
import UNets

/// A model of another family and what its original program makes of it (Fixtures/README.md).
struct FamilyFixture: Sendable, CustomStringConvertible {
  var folder: URL

  var description: String { folder.lastPathComponent }

  private static let committedNames = ["diffusers", "edm-state-dict", "edm2", "edm2-state-dict", "tiny-edm2"]

  /// Small ones in the repository.
  static let committed = committedNames.map {
    FamilyFixture(folder: Repository.root.appendingPathComponent("Tests/UNetsTests/Fixtures/families/\($0)"))
  }
  /// The others; empty where the development data is absent.
  static let original = NetworkFixture.folders("fixtures/families", with: "model.pt")
    .filter { !committedNames.contains($0.lastPathComponent) }.map { FamilyFixture(folder: $0) }

  /// The flags that the original was run with, as far as the file does not tell them.
  private var flags: [String: JSONValue] {
    switch description {
    case "guided-diffusion":
      [
        "image_size": .integer(16), "num_head_channels": .integer(8), "use_new_attention_order": .bool(true),
        "noise_schedule": .string("cosine"), "diffusion_steps": .integer(1000), "attention_resolutions": .string("8"),
        "channel_mult": .string("1,1"), "class_cond": .bool(true), "learn_sigma": .bool(true),
      ]
    case "improved-diffusion":
      [
        "image_size": .integer(16), "noise_schedule": .string("cosine"), "diffusion_steps": .integer(4000),
        "rescale_timesteps": .bool(false), "num_heads": .integer(4),
      ]
    case "consistency-edm": ["image_size": .integer(16), "num_head_channels": .integer(8)]
    case "edm2-state-dict": ["channels_per_head": .integer(8)]
    default: [:]
    }
  }

  func checkpoint(_ more: [String: JSONValue] = [:]) throws -> Checkpoint {
    let name = description == "diffusers" ? "model" : description.hasSuffix("edm2") ? "model.pkl" : "model.pt"
    let model = folder.appendingPathComponent(name).path
    let values = flags.merging(more) { $1 }
    return try Checkpoint.load(
      path: model, description: values.isEmpty ? nil : ModelDescription(origin: "the test", values: values))
  }

  func floats(_ name: String) throws -> [Float]? {
    let file = folder.appendingPathComponent(name + ".npy").path
    return FileManager.default.fileExists(atPath: file) ? try NumPyArray(contentsOf: file).floats() : nil
  }

  func rows() throws -> Int { try floats("sigma")?.count ?? 0 }

  func queries(labelled: Bool) throws -> [DenoiserQuery] {
    let labels = try NumPyArray(contentsOf: folder.appendingPathComponent("labels.npy").path).integers()
    return try (floats("sigma") ?? []).enumerated().map { index, sigma in
      DenoiserQuery(noise: ModelNoise(Double(sigma)), label: labelled ? labels[index] : nil)
    }
  }

  /// Whether D = x − σ·out, where D alone would hide everything at high σ.
  var predictsNoise: Bool { !description.contains("edm") }
}

@Suite("Parity with other families' programs")
struct FamilyParityTests {
  /// The original ran on another machine; sums are rounded in another order.
  private static let fp32Bar: Float = 2e-5
  /// Eight bits of mantissa: single values, and root mean squares.
  private static let bf16Bars: (largest: Float, rms: Float) = (5e-2, 1e-2)
  /// Ranges measured on six images only.
  private static let int8Bars: (largest: Float, rms: Float) = (1e-1, 5e-2)

  private static let fixtures = FamilyFixture.committed + FamilyFixture.original

  /// The largest difference of any row relative to the row's largest value, and the same of root mean squares.
  private static func differences(
    _ found: [Float], _ reference: [Float], rows: Int
  ) -> (largest: Float, rms: Float) {
    guard found.count == reference.count, found.allSatisfy(\.isFinite) else { return (.infinity, .infinity) }
    let size = found.count / rows
    var worst: (largest: Float, rms: Float) = (0, 0)
    for row in 0..<rows {
      let range = row * size..<(row + 1) * size
      let errors = zip(found[range], reference[range]).map { $0 - $1 }
      func rms(_ values: some Collection<Float>) -> Float {
        (values.reduce(0) { $0 + $1 * $1 } / Float(values.count)).squareRoot()
      }
      worst.largest = max(worst.largest, (errors.map(abs).max() ?? 0) / (reference[range].map(abs).max() ?? 0))
      worst.rms = max(worst.rms, rms(errors) / (reference[range].map(abs).max() ?? 0))
    }
    return worst
  }

  /// (x − D)/σ, row by row.
  private static func noise(_ denoised: [Float], _ fixture: FamilyFixture) throws -> [Float] {
    let inputs = try #require(try fixture.floats("x"))
    let sigmas = try #require(try fixture.floats("sigma"))
    let size = inputs.count / sigmas.count
    return denoised.indices.map { (inputs[$0] - denoised[$0]) / sigmas[$0 / size] }
  }

  @Test("the other fixtures are here", .enabled(if: Repository.shared != nil, "the development data is absent"))
  func present() { #expect(FamilyFixture.original.count >= 3) }

  @Test("fp32 agrees with the original program", arguments: fixtures)
  func exact(fixture: FamilyFixture) throws {
    let inputs = try #require(try fixture.floats("x"))
    let cases: [(file: String, options: [String: JSONValue], labelled: Bool)] = [
      ("denoised", [:], true), ("denoised_rounded", ["timestep": .string("rounded")], true),
      ("denoised_zero_label", ["zero_label": .bool(true)], false), ("denoised_unconditional", [:], false),
    ]
    for (file, options, labelled) in cases {
      guard let reference = try fixture.floats(file) else { continue }
      let denoiser = try UNetDenoiser(fixture.checkpoint(options))
      #expect(denoiser.isUnconditionalAvailable || labelled)
      let found = try denoiser.denoised(fixture.queries(labelled: labelled), inputs)
      let difference = Self.differences(found, reference, rows: try fixture.rows()).largest
      #expect(difference <= Self.fp32Bar, "\(file): \(difference)")
    }
  }

  @Test("bf16 and int8 stay near, in what the network predicts too", arguments: fixtures, [Precision.bf16, .int8])
  func rounded(fixture: FamilyFixture, precision: Precision) throws {
    let inputs = try #require(try fixture.floats("x"))
    let reference = try #require(try fixture.floats("denoised"))
    let queries = try fixture.queries(labelled: true)
    let checkpoint = try Self.quantized(fixture.checkpoint(), queries, inputs)
    let bars = precision == .int8 ? Self.int8Bars : Self.bf16Bars
    let found = try UNetDenoiser(checkpoint, precision: precision).denoised(queries, inputs)
    let rows = try fixture.rows()
    let difference = Self.differences(found, reference, rows: rows)
    #expect(difference.largest <= bars.largest && difference.rms <= bars.rms, "\(difference)")
    guard fixture.predictsNoise else { return }
    let noise = try Self.differences(Self.noise(found, fixture), Self.noise(reference, fixture), rows: rows)
    #expect(noise.largest <= bars.largest && noise.rms <= bars.rms, "(x − D)/σ: \(noise)")
  }

  /// With ranges measured on these.
  private static func quantized(
    _ checkpoint: Checkpoint, _ queries: [DenoiserQuery], _ inputs: [Float]
  ) throws -> Checkpoint {
    var result = checkpoint
    result.quantization = Quantization(
      weights: checkpoint.weightsDigest(),
      calibration: Quantization.Calibration(
        data: "the fixture", digest: String(repeating: "0", count: 64), images: queries.count, levels: [1], seed: 0,
        rule: .leastSquares),
      inputs: try QuantizationCalibrator(checkpoint).measure(queries, inputs: inputs).inputs(.leastSquares))
    return result
  }

  /// What the original's network gives, (x − D)/σ, has lost some bits at the lowest σ.
  private static let otherPredictionBar: Float = 1e-4

  /// D of the same network if it predicted v or x₀ instead of ε.
  private static func denoised(
    _ reference: [Float], _ fixture: FamilyFixture, as prediction: DiscreteSchedule.Prediction
  ) throws -> [Float] {
    let inputs = try #require(try fixture.floats("x"))
    let sigmas = try #require(try fixture.floats("sigma"))
    let size = inputs.count / sigmas.count
    return try noise(reference, fixture).enumerated().map { index, out in
      let (x, s) = (inputs[index], sigmas[index / size])
      return switch prediction {
      case .epsilon: x - s * out
      case .sample: out
      case .velocity: x / (s * s + 1) - s / (s * s + 1).squareRoot() * out
      }
    }
  }

  @Test(
    "a network that predicts v or x₀ denoises by its formula, and near it in bf16 and int8",
    arguments: fixtures.filter(\.predictsNoise), [DiscreteSchedule.Prediction.velocity, .sample])
  func otherPredictions(fixture: FamilyFixture, prediction: DiscreteSchedule.Prediction) throws {
    let inputs = try #require(try fixture.floats("x"))
    let queries = try fixture.queries(labelled: true)
    let reference = try Self.denoised(
      try #require(try fixture.floats("denoised")), fixture, as: prediction)
    var checkpoint = try fixture.checkpoint()
    guard case .discrete(var schedule) = checkpoint.architecture.preconditioning else {
      throw InputError("no discrete schedule")
    }
    schedule.prediction = prediction
    checkpoint.architecture.preconditioning = .discrete(schedule)
    checkpoint = try Self.quantized(checkpoint, queries, inputs)
    let bars = [
      (Precision.fp32, (largest: Self.otherPredictionBar, rms: Self.otherPredictionBar)), (.bf16, Self.bf16Bars),
      (.int8, Self.int8Bars),
    ]
    for (precision, bars) in bars {
      let found = try UNetDenoiser(checkpoint, precision: precision).denoised(queries, inputs)
      let difference = Self.differences(found, reference, rows: 6)
      #expect(difference.largest <= bars.largest && difference.rms <= bars.rms, "\(precision): \(difference)")
      guard prediction == .velocity else { continue }
      let noise = try Self.differences(Self.noise(found, fixture), Self.noise(reference, fixture), rows: 6)
      #expect(noise.largest <= bars.largest && noise.rms <= bars.rms, "\(precision), (x − D)/σ: \(noise)")
    }
  }

  @Test("a converted file computes the same, bit for bit", arguments: fixtures)
  func converted(fixture: FamilyFixture) throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("family-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let original = try fixture.checkpoint()
    let path = folder.appendingPathComponent("model.safetensors").path
    try original.writeSafetensors(to: path)
    let inputs = try #require(try fixture.floats("x"))
    let queries = try fixture.queries(labelled: true)
    let copy = try Checkpoint.load(path: path)
    #expect(copy.weightsDigest() == original.weightsDigest())
    #expect(try UNetDenoiser(copy).denoised(queries, inputs) == UNetDenoiser(original).denoised(queries, inputs))
  }

  @Test("what only a description tells is asked for by name", arguments: FamilyFixture.original)
  func missing(fixture: FamilyFixture) throws {
    let error = try #require(throws: InputError.self) {
      try Checkpoint.load(path: fixture.folder.appendingPathComponent("model.pt").path)
    }
    for part in ["image_size", "--model-config", "consistency-edm-imagenet64"] { #expect("\(error)".contains(part)) }
  }
}
