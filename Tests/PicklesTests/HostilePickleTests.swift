import Basics
import Foundation
import Pickles
import Testing

@Suite("Hostile pickles")
struct HostilePickleTests {
  static func read(_ bytes: [UInt8], limits: PickleLimits = PickleLimits()) throws -> Pickle {
    try PickleReader.read(ByteSource(name: "hostile", bytes: bytes), limits: limits)
  }

  static let files = [
    "values-0.pkl", "values-1.pkl", "values-2.pkl", "values-3.pkl", "values-4.pkl", "values-5.pkl", "arrays-2.pkl",
    "arrays-5.pkl", "cycle.pkl",
  ]

  @Test("a pickle cut anywhere is refused with an offset", arguments: files)
  func truncated(name: String) throws {
    let bytes = try Fixture.bytes(name)
    let accepted = try (0..<bytes.count).filter { length in
      do {
        _ = try Self.read(Array(bytes[..<length]))
        return true
      } catch let error as InputError {
        return error.location?.hasPrefix("offset ") != true
      }
    }
    #expect(accepted.isEmpty)
  }

  @Test("flipped bytes lead to a value or an InputError, never to anything else", arguments: files)
  func flipped(name: String) throws {
    let original = try Fixture.bytes(name)
    var generator = SplitMix(state: 20)
    var refused = 0
    for _ in 0..<3000 {
      var bytes = original
      for _ in 0..<Int.random(in: 1...4, using: &generator) {
        bytes[Int.random(in: bytes.indices, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
      }
      do {
        let pickle = try Self.read(bytes)
        if pickle.count > bytes.count * 3 { Issue.record("\(pickle.count) values from \(bytes.count) bytes") }
        Self.touch(pickle)
      } catch is InputError {
        refused += 1
      }
    }
    #expect(refused > 100)
  }

  /// Looks at everything a consumer may look at.
  static func touch(_ pickle: Pickle) {
    let reached = pickle.reaching { value in
      _ = value.summary
      _ = value.number
      _ = value.entries
      _ = try? value.numpyArray()
      _ = try? value.rawBytes()
      return value.bool ?? false
    }
    if reached.count != pickle.count { Issue.record("not every value was looked at") }
  }

  @Test("os.system is a name, and calling it an object")
  func nothingRuns() throws {
    let marker = FileManager.default.temporaryDirectory.appendingPathComponent("pickle-ran-\(UUID().uuidString)").path
    let bytes = Array("cos\nsystem\n(S'touch \(marker)'\ntR.".utf8)
    let object = try #require(try Self.read(bytes).root.object)
    #expect(object.callable.globalName == "os.system")
    #expect(object.arguments.sequence?.first?.text == "touch \(marker)")
    #expect(!FileManager.default.fileExists(atPath: marker))
  }

  @Test("deep nesting is read and released without a deep stack", arguments: [0x5D, 0x29, 0x7D] as [UInt8])
  func deepNesting(container: UInt8) throws {
    let depth = 300_000
    // Lists within lists: ]]]…aaa. Tuples: )\x85\x85…. Dicts: }KK\x01…s with the dict as the value.
    let bytes: [UInt8] =
      switch container {
      case 0x5D:
        [UInt8](repeating: 0x5D, count: depth) + [UInt8](repeating: 0x61, count: depth - 1) + [0x2E]
      case 0x29: [0x29] + [UInt8](repeating: 0x85, count: depth) + [0x2E]
      default:
        Array([[UInt8]](repeating: [0x7D, 0x4B, 1], count: depth).joined()) + [0x4E]
          + [UInt8](repeating: 0x73, count: depth) + [0x2E]
      }
    let pickle = try Self.read(bytes)
    #expect(pickle.count >= depth)
    Self.touch(pickle)
  }

  @Test("a billion laughs stay a few nodes")
  func billionLaughs() throws {
    // ] q0, then repeatedly: ] (h h h h h h h h h h e with the list before it, ten times over.
    var bytes: [UInt8] = [0x80, 2, 0x5D, 0x71, 0]
    for level in 1...60 as ClosedRange<UInt8> {
      bytes += [0x5D, 0x71, level, 0x28] + [UInt8](repeating: 0x68, count: 10).flatMap { [$0, level - 1] } + [0x65]
    }
    bytes.append(0x2E)
    let pickle = try Self.read(bytes)
    #expect(pickle.count == 61)
    Self.touch(pickle)
  }

  static let refusals: [(name: String, bytes: [UInt8], problem: String)] = [
    ("nothing", [], "cut off"),
    ("an unknown instruction", [0x80, 2, 0xFF, 0x2E], "unknown pickle instruction"),
    ("protocol 6", [0x80, 6, 0x4E, 0x2E], "unknown pickle protocol"),
    ("a string of 4 GiB", [0x58, 0xFF, 0xFF, 0xFF, 0xFF, 0x2E], "cut off"),
    ("bytes of 2^63", [0x8E, 0, 0, 0, 0, 0, 0, 0, 0x80, 0x2E], "cut off"),
    ("bytes of 2^64 - 1", [0x8E] + [UInt8](repeating: 0xFF, count: 8) + [0x2E], "cut off"),
    ("an integer of negative size", [0x8B, 0xFF, 0xFF, 0xFF, 0xFF, 0x2E], "negative size"),
    ("a frame beyond the end", [0x80, 4, 0x95, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F, 0x4E, 0x2E], "cut off"),
    (
      "a frame inside a frame", [0x80, 4, 0x95, 12, 0, 0, 0, 0, 0, 0, 0, 0x95, 2, 0, 0, 0, 0, 0, 0, 0, 0x4E, 0x2E, 0],
      "inside another"
    ),
    ("an empty stack", [0x61, 0x2E], "stack is empty"),
    ("a value below a mark", [0x4E, 0x28, 0x2E], "stack is empty"),
    ("no mark", [0x4E, 0x74, 0x2E], "no mark"),
    ("a memo never set", [0x68, 9, 0x2E], "never set"),
    ("a memo that is no number", Array("gx\n.".utf8), "not a memo number"),
    ("a key without a value", [0x7D, 0x28, 0x4E, 0x75, 0x2E], "no value"),
    ("a list as a key", [0x7D, 0x5D, 0x4E, 0x73, 0x2E], "used as a key"),
    ("appending to a number", [0x4B, 1, 0x4E, 0x61, 0x2E], "no list"),
    ("items on a list", [0x5D, 0x4E, 0x4E, 0x73, 0x2E], "no dict"),
    ("arguments that are no tuple", [0x4E, 0x4E, 0x52, 0x2E], "not a tuple"),
    ("BUILD on a list", [0x5D, 0x4E, 0x62, 0x2E], "no object"),
    ("a name that is a number", [0x4B, 1, 0x4B, 1, 0x93, 0x2E], "not text"),
    ("the extension registry", [0x82, 1, 0x2E], "EXT"),
    ("an outside buffer", [0x97, 0x2E], "NEXT_BUFFER"),
    ("a number that is none", Array("Iten\n.".utf8), "not a number"),
    ("a string without quotes", Array("Sabc\n.".utf8), "quotes"),
  ]

  @Test("what cannot be read is refused by name and offset", arguments: refusals)
  func refused(name: String, bytes: [UInt8], problem: String) throws {
    let error = try #require(throws: InputError.self) { try Self.read(bytes) }
    #expect(error.problem.contains(problem), "\(error)")
    #expect(error.location?.hasPrefix("offset ") == true)
    #expect(error.file == "hostile")
  }

  @Test("values and instructions beyond the limits are refused")
  func limits() throws {
    var limits = PickleLimits()
    limits.nodes = 10
    let many = [UInt8](repeating: 0x4E, count: 11) + [0x2E]
    #expect(throws: InputError.self) { try Self.read(many, limits: limits) }
    limits.nodes = 11
    #expect(try Self.read(many, limits: limits).count == 11)
    limits.instructions = 11
    #expect(throws: InputError.self) { try Self.read(many, limits: limits) }
  }

  @Test("a name of many megabytes is refused before anyone decodes it twice")
  func longName() throws {
    let bytes = [0x63] + [UInt8](repeating: 0x61, count: 5000) + Array("\nb\n.".utf8)
    #expect(throws: InputError.self) { try Self.read(bytes) }
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
