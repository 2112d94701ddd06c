import Foundation
import TestSupport

/// Reads Tests/DiffusionTests/Fixtures/`name`.json, made by make_fixtures.py beside it.
func fixture<Value: Decodable>(_ name: String, as type: Value.Type = Value.self) throws -> Value {
  try JSONFixture.read(name, of: "DiffusionTests", as: type)
}
