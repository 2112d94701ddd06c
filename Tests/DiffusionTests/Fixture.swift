import Foundation
import TestSupport

/// Reads Tests/DiffusionTests/Fixtures/`name`.json, made by make_fixtures.py beside it.
func fixture<Value: Decodable>(_ name: String, as type: Value.Type = Value.self) throws -> Value {
  let file = Repository.root.appendingPathComponent("Tests/DiffusionTests/Fixtures/\(name).json")
  return try JSONDecoder().decode(type, from: Data(contentsOf: file))
}

/// Normals for tests: SplitMix64 and Box–Muller, so that no test depends on the library's own noise.
struct TestNormals {
  private var state: UInt64

  init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 &+ 1 }

  mutating func uniform() -> Double {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    mixed ^= mixed >> 31
    return (Double(mixed >> 11) + 0.5) / 9_007_199_254_740_992
  }

  mutating func next() -> Double {
    (-2 * log(uniform())).squareRoot() * cos(2 * Double.pi * uniform())
  }

  mutating func floats(_ count: Int) -> [Float] { (0..<count).map { _ in Float(next()) } }
}
