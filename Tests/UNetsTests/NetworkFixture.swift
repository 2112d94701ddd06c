import Basics
import Checkpoints
import Diffusion
import Foundation
import NumPyFiles
import TestSupport
import UNets

/// A checkpoint and what the PyTorch network makes of it (Fixtures/README.md).
struct NetworkFixture: Sendable, CustomStringConvertible {
  var folder: URL

  var description: String { folder.lastPathComponent }

  /// The random networks in the repository.
  static let committed = ["tiny-adm-iddpm", "tiny-ddpmpp-edm", "tiny-ncsnpp-ve", "tiny-multihead"].map {
    NetworkFixture(folder: Repository.root.appendingPathComponent("Tests/UNetsTests/Fixtures/\($0)"))
  }

  /// Outputs of the original EDM code; empty where the development data is absent.
  static let original = folders("fixtures/edm", with: "model.pkl").map { NetworkFixture(folder: $0) }

  /// The folders below `place` in the development data that hold a file of this name.
  static func folders(_ place: String, with file: String) -> [URL] {
    guard let folder = Repository.shared?.appendingPathComponent(place) else { return [] }
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    return names.sorted().map { folder.appendingPathComponent($0) }
      .filter { FileManager.default.fileExists(atPath: $0.appendingPathComponent(file).path) }
  }

  func checkpoint() throws -> Checkpoint {
    let names = ["model.pkl", "model.safetensors"].map { folder.appendingPathComponent($0).path }
    return try Checkpoint.load(path: names.first { FileManager.default.fileExists(atPath: $0) } ?? names[0])
  }

  /// D of every head, [N, K + 1, …].
  func everyHead() throws -> [Float] { try array("denoised_all").floats() }
  /// ‖D_y − D_none‖², [N, K].
  func losses() throws -> [Double] { try array("losses").doubles() }

  private func array(_ name: String) throws -> NumPyArray {
    try NumPyArray(contentsOf: folder.appendingPathComponent(name + ".npy").path)
  }

  /// The inputs and outputs; a model without labels has its unconditional outputs under `denoised`.
  func contents() throws -> Contents {
    func has(_ name: String) -> Bool {
      FileManager.default.fileExists(atPath: folder.appendingPathComponent(name + ".npy").path)
    }
    let isConditional = has("labels")
    return Contents(
      inputs: try array("x").floats(), sigmas: try array("sigma").floats(),
      labels: isConditional ? try array("labels").integers() : nil,
      conditional: isConditional ? try array("denoised").floats() : nil,
      unconditional: try array(isConditional ? "denoised_unconditional" : "denoised").floats())
  }

  struct Contents {
    var inputs: [Float]
    var sigmas: [Float]
    var labels: [Int]?
    var conditional: [Float]?
    var unconditional: [Float]

    /// The queries with these labels, or without any.
    func queries(_ labels: [Int]?) -> [DenoiserQuery] {
      sigmas.indices.map { DenoiserQuery(noise: ModelNoise(Double(sigmas[$0])), label: labels?[$0]) }
    }
  }
}

extension Denoiser {
  /// D of a batch, by an evaluator made for it.
  func denoised(_ queries: [DenoiserQuery], _ inputs: [Float]) throws -> [Float] {
    try makeEvaluator().denoised(queries, inputs)
  }
}

extension DenoiserEvaluator {
  /// D of a batch; values that are not written stay NaN.
  func denoised(_ queries: [DenoiserQuery], _ inputs: [Float]) throws -> [Float] {
    var outputs = [Float](repeating: .nan, count: inputs.count)
    try inputs.withUnsafeBufferPointer { inputs in
      try outputs.withUnsafeMutableBufferPointer { outputs in
        try denoise(queries, inputs: inputs, outputs: outputs)
      }
    }
    return outputs
  }
}

extension DenoiserEvaluator {
  /// D of every label of a batch, from one evaluation of each image; values that are not written stay NaN.
  func denoised(_ noises: [ModelNoise], labels: [Int?], _ inputs: [Float]) throws -> [Float] {
    var outputs = [Float](repeating: .nan, count: inputs.count * labels.count)
    try inputs.withUnsafeBufferPointer { inputs in
      try outputs.withUnsafeMutableBufferPointer { outputs in
        try denoise(noises, labels: labels, inputs: inputs, outputs: outputs)
      }
    }
    return outputs
  }
}

/// max |found − reference| / max |reference|; infinite for other counts and for values that are not finite.
func relativeDifference(_ found: [Float], _ reference: [Float]) -> Float {
  guard found.count == reference.count, found.allSatisfy(\.isFinite) else { return .infinity }
  let difference = zip(found, reference).map { abs($0 - $1) }.max() ?? .infinity
  return difference / (reference.map(abs).max() ?? 0)
}
