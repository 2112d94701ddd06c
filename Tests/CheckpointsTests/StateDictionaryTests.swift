import Basics
import Checkpoints
import Foundation
import Testing

/// Files that Fixtures/make_state_dictionaries.py wrote, without torch.
@Suite("State dictionaries in torch.save's containers")
struct StateDictionaryTests {
  private static let good = [
    "zip.pt", "zip64.pt", "unaligned.pt", "views.pt", "stem.pt", "ema.pt", "state_dict.pt", "model.pt", "nested.pt",
    "parallel.pt", "parameters.pt", "stream.pt", "stream-views.pt", "stream-ema.pt", "network-alone.pt",
    "bare.safetensors",
  ]

  private static func load(_ name: String, _ description: ModelDescription? = nil) throws -> Checkpoint {
    try Checkpoint.load(path: Fixtures.path("state-dictionaries/\(name)"), description: description)
  }

  private static let expectations =
    (try? Fixtures.json("expectations-state-dictionaries.json", as: [String: String].self)) ?? [:]

  @Test("one network is the same in every container", arguments: good)
  func containers(name: String) throws {
    let reference = try Self.load("bare.safetensors")
    let checkpoint = try Self.load(name)
    #expect(checkpoint.architecture == reference.architecture)
    #expect(checkpoint.weightsDigest() == reference.weightsDigest())
    #expect(checkpoint.tensors.keys.sorted() == reference.tensors.keys.sorted())
  }

  @Test("no value of a mapped file is copied", arguments: good)
  func mapped(name: String) throws {
    for (tensorName, tensor) in try Self.load(name).tensors {
      #expect(tensor.file?.path == Fixtures.path("state-dictionaries/\(name)"), "\(tensorName)")
    }
  }

  @Test("what was chosen is said")
  func remarks() throws {
    #expect(try Self.load("ema.pt").remarks.contains { $0.contains("\"ema\" is taken") })
    #expect(try Self.load("parallel.pt").remarks.contains { $0.contains("\"module.\"") })
    #expect(try !Self.load("zip.pt").remarks.contains { $0.contains("module.") })
  }

  @Test("broken and foreign files are refused for what they are")
  func refusals() throws {
    #expect(Self.expectations.count > 40)
    for (name, expected) in Self.expectations.sorted(by: { $0.key < $1.key }) where !expected.isEmpty {
      let error = try #require(throws: InputError.self, "\(name)") { try Self.load(name) }
      #expect("\(error)".contains(expected), "\(name): \(error)")
    }
  }

  @Test("a file cut anywhere, and one with any byte changed, is read or refused", arguments: ["zip.pt", "stream.pt"])
  func damage(name: String) throws {
    let bytes = try Fixtures.bytes("state-dictionaries/\(name)")
    try Fixtures.withFolder { folder in
      for length in stride(from: 0, to: bytes.count, by: bytes.count / 97) {
        #expect(try Fixtures.refusal(of: Array(bytes[..<length]), in: folder) != nil, "\(length)")
      }
      var random = SplitMix(state: 20)
      for _ in 0..<200 {
        var damaged = bytes
        damaged[.random(in: 0..<bytes.count, using: &random)] = .random(in: 0...255, using: &random)
        _ = try Fixtures.refusal(of: damaged, in: folder)
      }
    }
  }

  @Test("a converted file gives the same network without a description")
  func converted() throws {
    try Fixtures.withFolder { folder in
      let file = folder.appendingPathComponent("description.json")
      try Data(#"{"precond": "vp"}"#.utf8).write(to: file)
      let original = try Self.load("zip.pt", ModelDescription(file.path))
      let path = folder.appendingPathComponent("model.safetensors").path
      try original.writeSafetensors(to: path)
      let copy = try Checkpoint.load(path: path)
      #expect(copy.architecture == original.architecture)
      #expect(copy.notes == original.notes)
      #expect(copy.weightsDigest() == original.weightsDigest())
      // What a description says is part of what ranges and calibrations are tied to.
      #expect(try copy.weightsDigest() != Self.load("zip.pt").weightsDigest())
    }
  }
}
