import Basics
import Checkpoints
import Foundation
import TestSupport

/// Files that Tests/CheckpointsTests/Fixtures/make_checkpoints.py wrote.
enum Fixtures {
  static func path(_ name: String) -> String {
    Repository.root.appendingPathComponent("Tests/CheckpointsTests/Fixtures/\(name)").path
  }

  static func load(_ name: String) throws -> Checkpoint { try Checkpoint.load(path: path(name)) }

  static func bytes(_ name: String) throws -> [UInt8] { Array(try Data(contentsOf: URL(fileURLWithPath: path(name)))) }

  static func json<Value: Decodable>(_ name: String, as type: Value.Type) throws -> Value {
    try JSONDecoder().decode(type, from: Data(contentsOf: URL(fileURLWithPath: path(name))))
  }

  /// Runs `body` with a new folder that is removed afterwards.
  static func withFolder<Result>(_ body: (URL) throws -> Result) throws -> Result {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("checkpoints-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    return try body(folder)
  }

  /// Loads `bytes` as a file: nil where it loads, the error where it is refused.
  static func refusal(of bytes: [UInt8], in folder: URL) throws -> InputError? {
    let file = folder.appendingPathComponent("file")
    try Data(bytes).write(to: file)
    do {
      let checkpoint = try Checkpoint.load(path: file.path)
      for tensor in checkpoint.tensors.values { _ = tensor.floats() }
      return nil
    } catch let error as InputError {
      return error
    }
  }
}

/// A small deterministic generator (SplitMix64), so that a failure can be repeated.
struct SplitMix: RandomNumberGenerator {
  var state: UInt64
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
