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

@Suite("State dictionaries in shards")
struct ShardTests {
  /// A safetensors file of one tensor.
  private static func file(_ name: String, _ tensor: CheckpointTensor) -> Data {
    let shape = tensor.shape.map(String.init).joined(separator: ",")
    var header = Array(
      "{\"\(name)\":{\"dtype\":\"F32\",\"shape\":[\(shape)],\"data_offsets\":[0,\(4 * tensor.count)]}}".utf8)
    header += [UInt8](repeating: 0x20, count: (8 - header.count % 8) % 8)
    return withUnsafeBytes(of: UInt64(header.count).littleEndian) { Data($0) } + Data(header)
      + tensor.floats().withUnsafeBytes { Data($0) }
  }

  /// Writes a shard for every tensor, and an index.
  private static func write(_ checkpoint: Checkpoint, to folder: URL, editing edit: (inout [String: String]) -> Void)
    throws
  {
    var map: [String: String] = [:]
    for (number, entry) in checkpoint.tensors.sorted(by: { $0.key < $1.key }).enumerated() {
      map[entry.key] = "model-\(number).safetensors"
      try file(entry.key, entry.value).write(to: folder.appendingPathComponent("model-\(number).safetensors"))
    }
    edit(&map)
    let entries = map.sorted { $0.key < $1.key }.map { "\"\($0.key)\":\"\($0.value)\"" }.joined(separator: ",")
    try Data("{\"weight_map\":{\(entries)}}".utf8)
      .write(to: folder.appendingPathComponent("model.safetensors.index.json"))
  }

  @Test("a folder is one model, whose digest covers every part")
  func folder() throws {
    let whole = try Checkpoint.load(path: Fixtures.path("state-dictionaries/bare.safetensors"))
    try Fixtures.withFolder { folder in
      try Self.write(whole, to: folder) { _ in }
      let sharded = try Checkpoint.load(path: folder.path)
      #expect(sharded.architecture == whole.architecture)
      #expect(sharded.weightsDigest() == whole.weightsDigest())
      let name = try #require(whole.tensors.keys.sorted().first)
      var tensor = try #require(whole.tensors[name])
      tensor = CheckpointTensor(tensor.floats().map { $0 + 1 }, shape: tensor.shape)
      try Self.file(name, tensor).write(to: folder.appendingPathComponent("model-0.safetensors"))
      #expect(try Checkpoint.load(path: folder.path).digest != sharded.digest)
    }
  }

  @Test(
    "an index that leaves the folder, or does not fit its shards, is refused",
    arguments: ["../model-0.safetensors", "..", "", "model-1.safetensors", "absent.safetensors"])
  func refusals(shard: String) throws {
    let whole = try Checkpoint.load(path: Fixtures.path("state-dictionaries/bare.safetensors"))
    try Fixtures.withFolder { folder in
      try Self.write(whole, to: folder) { map in
        if let name = map.keys.min() { map[name] = shard }
      }
      #expect(throws: InputError.self) { try Checkpoint.load(path: folder.path) }
    }
  }
}
