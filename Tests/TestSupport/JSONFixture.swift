import Foundation

/// A committed table that another program made; the script lies beside it.
package enum JSONFixture {
  /// Reads Tests/`target`/Fixtures/`name`.json.
  package static func read<Value: Decodable>(_ name: String, of target: String, as type: Value.Type) throws -> Value {
    let file = Repository.root.appendingPathComponent("Tests/\(target)/Fixtures/\(name).json")
    return try JSONDecoder().decode(type, from: Data(contentsOf: file))
  }
}
