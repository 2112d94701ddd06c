import Basics
import Checkpoints
import Foundation
import Testing

@Suite("Quantisation in safetensors files")
struct QuantizationTests {
  /// A small checkpoint with ranges for two of its convolutions.
  private func quantized(_ name: String = "tiny-4.pkl") throws -> Checkpoint {
    var checkpoint = try Fixtures.load(name)
    checkpoint.tensors["model.enc.8x8_block0.conv0.weight"] = CheckpointTensor(
      (0..<36).map { Float($0) / 7 }, shape: [2, 2, 3, 3])
    let paths = checkpoint.tensors.filter { $0.value.shape.count == 4 && $0.key.hasSuffix(".weight") }.keys.sorted()
    var inputs: [String: Quantization.Input] = [:]
    for (index, path) in paths.prefix(2).enumerated() {
      inputs[String(path.dropLast(".weight".count))] = Quantization.Input(
        scale: index == 0 ? 0.1 : 0x1.fffffep-7, zeroPoint: index == 0 ? 0 : 255)
    }
    #expect(inputs.count == 2)
    checkpoint.quantization = Quantization(
      weights: checkpoint.weightsDigest(),
      calibration: Quantization.Calibration(
        data: "images \"of\" Ω", digest: String(repeating: "a0", count: 32), images: 17, levels: [0.1, 80],
        seed: .max, rule: .percentile),
      inputs: inputs)
    return checkpoint
  }

  @Test("survives writing and reading, exactly; without it nothing is written")
  func roundTrip() throws {
    try Fixtures.withFolder { folder in
      let original = try quantized()
      let path = folder.appendingPathComponent("model.safetensors").path
      try original.writeSafetensors(to: path)
      let copy = try Checkpoint.load(path: path)
      #expect(copy.quantization == original.quantization)
      #expect(copy.weightsDigest() == original.weightsDigest())
      #expect(copy.architecture == original.architecture)
      let again = folder.appendingPathComponent("again.safetensors").path
      try copy.writeSafetensors(to: again)
      #expect(try Data(contentsOf: URL(fileURLWithPath: again)) == Data(contentsOf: URL(fileURLWithPath: path)))
      var plain = copy
      plain.quantization = nil
      try plain.writeSafetensors(to: again)
      #expect(try Checkpoint.load(path: again).quantization == nil)
      let bytes = Array(try Data(contentsOf: URL(fileURLWithPath: again)))
      #expect(bytes.firstRange(of: Array("ndc.quantization".utf8)) == nil)
    }
  }

  @Test("the digest of the weights tells names, types, shapes and values apart, and nothing else")
  func weightsDigest() throws {
    let checkpoint = try quantized()
    let digest = checkpoint.weightsDigest()
    #expect(digest.count == 64)
    var other = checkpoint
    other.file = "elsewhere"
    other.quantization = nil
    #expect(other.weightsDigest() == digest)
    let (name, tensor) = try #require(checkpoint.tensors.first { $0.value.shape.count == 4 && $0.value.shape[1] > 1 })
    var values = tensor.floats()
    let shape = tensor.shape
    other.tensors[name] = CheckpointTensor(values, shape: shape)
    #expect(other.weightsDigest() == digest)
    other.tensors[name] = CheckpointTensor(values, shape: [shape[0] * shape[1]] + shape[2...])
    #expect(other.weightsDigest() != digest)
    values[values.count - 1] += 1
    other.tensors[name] = CheckpointTensor(values, shape: shape)
    #expect(other.weightsDigest() != digest)
    other = checkpoint
    other.tensors[name + "2"] = other.tensors.removeValue(forKey: name)
    #expect(other.weightsDigest() != digest)
  }

  /// The bytes with `from` replaced once in the header, whose length is corrected.
  private func edited(_ bytes: [UInt8], _ from: String, _ to: String) throws -> [UInt8] {
    var bytes = bytes
    let length = bytes.withUnsafeBytes { $0.loadUnaligned(as: UInt64.self) }
    let place = bytes.firstRange(of: Array(from.utf8))
    bytes.replaceSubrange(try #require(place, "\(from) is not in the file"), with: Array(to.utf8))
    let changed = UInt64(Int(length) + to.utf8.count - from.utf8.count)
    bytes.replaceSubrange(0..<8, with: withUnsafeBytes(of: changed.littleEndian, Array.init))
    return bytes
  }

  /// What replaces what inside the metadata's JSON, and what the refusal names.
  static let hostile: [(from: String, to: String, names: String)] = [
    (#"\"scale\":0.1,"#, #"\"scale\":0,"#, ".scale"), (#"\"scale\":0.1,"#, #"\"scale\":-0.1,"#, ".scale"),
    (#"\"scale\":0.1,"#, #"\"scale\":1e999,"#, ".scale"), (#"\"scale\":0.1,"#, #"\"scale\":1e-40,"#, ".scale"),
    (#"\"scale\":0.1,"#, #"\"scale\":1e30,"#, ".scale"), (#"\"scale\":0.1,"#, #"\"scale\":\"NaN\","#, ".scale"),
    (#"\"scale\":0.1,"#, #"\"scale\":NaN,"#, "ndc.quantization"), (#"\"scale\":0.1,"#, #"\"scale\":null,"#, ".scale"),
    (#"\"scale\":0.1,"#, #"\"scale\":0.1,\"scale\":0.2,"#, "occurs twice"), (#"\"scale\":0.1,"#, "", ".scale"),
    (#"\"scale\":0.1,"#, #"\"scale\":0.1,\"bits\":4,"#, ".bits"),
    (#"\"zeroPoint\":255"#, #"\"zeroPoint\":256"#, ".zeroPoint"),
    (#"\"zeroPoint\":255"#, #"\"zeroPoint\":-1"#, ".zeroPoint"),
    (#"\"zeroPoint\":255"#, #"\"zeroPoint\":1.5"#, ".zeroPoint"),
    (#"\"zeroPoint\":255"#, #"\"zeroPoint\":99999999999999999999"#, ".zeroPoint"),
    (#"\"inputs\":{"#, #"\"inputs\":{\"model.nothing\":{\"scale\":1,\"zeroPoint\":1},"#, "model.nothing"),
    (#"\"inputs\":{"#, #"\"inputs\":{},\"more\":{"#, "more"), (#"\"inputs\":{"#, #"\"outputs\":{"#, "outputs"),
    (#"\"version\":1"#, #"\"version\":2"#, "version"), (#",\"version\":1"#, "", "version"),
    (#"\"images\":17"#, #"\"images\":0"#, "calibration.images"),
    (#"\"levels\":[0.1,80]"#, #"\"levels\":[0.1,-80]"#, "calibration.levels.1"),
    (#"\"levels\":[0.1,80]"#, #"\"levels\":[]"#, "calibration.levels"),
    (#"\"levels\":[0.1,80]"#, #"\"levels\":[1e999]"#, "calibration.levels.0"),
    (#"\"seed\":18446744073709551615"#, #"\"seed\":18446744073709551616"#, "calibration.seed"),
    (#"\"seed\":18446744073709551615"#, #"\"seed\":-1"#, "calibration.seed"),
    (#"\"rule\":\"percentile\""#, #"\"rule\":\"best\""#, "calibration.rule"),
    (#"\"digest\":\"a0"#, #"\"digest\":\"A0"#, "calibration.digest"),
    (#"\"digest\":\"a0"#, #"\"digest\":\"a0a0"#, "calibration.digest"),
    (#"\"weights\":\""#, #"\"weights\":\"0"#, "weights"),
    (#"\"calibration\":{"#, #"\"calibration\":[{"#, "ndc.quantization"),
  ]

  @Test("hostile values are refused by name", arguments: hostile)
  func hostileValues(from: String, to: String, names: String) throws {
    try Fixtures.withFolder { folder in
      let path = folder.appendingPathComponent("model.safetensors")
      try quantized().writeSafetensors(to: path.path)
      let bytes = try edited(Array(try Data(contentsOf: path)), from, to)
      let error = try #require(try Fixtures.refusal(of: bytes, in: folder), "\(to) loads")
      #expect(error.description.contains(names), "\(error)")
      #expect(error.description.contains("ndc.quantization"), "\(error)")
      #expect(error.file != nil)
    }
  }

  @Test("ranges of other weights are refused")
  func otherWeights() throws {
    try Fixtures.withFolder { folder in
      let path = folder.appendingPathComponent("model.safetensors")
      try quantized().writeSafetensors(to: path.path)
      var bytes = Array(try Data(contentsOf: path))
      #expect(try Fixtures.refusal(of: bytes, in: folder) == nil)
      // The lowest bit of the last weight.
      bytes[bytes.count - 4] ^= 1
      let error = try #require(try Fixtures.refusal(of: bytes, in: folder), "changed weights load")
      #expect(error.description.contains("other weights") && error.description.contains("field \"weights\""))
    }
  }
}
