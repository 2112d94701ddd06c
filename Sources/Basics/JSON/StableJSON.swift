import Foundation

/// JSON that is the same bytes for the same values: keys sorted, doubles in the shortest form that reads back exactly.
public enum StableJSON {
  /// One line, without a newline at its end.
  public static func line(_ value: some Encodable) throws -> [UInt8] { try encode(value, []) }

  /// Indented text with a newline at its end.
  public static func text(_ value: some Encodable) throws -> [UInt8] {
    try encode(value, .prettyPrinted) + [UInt8(ascii: "\n")]
  }

  private static func encode(_ value: some Encodable, _ layout: JSONEncoder.OutputFormatting) throws -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes, layout]
    return Array(try encoder.encode(value))
  }

  /// Reads one value from a file's bytes.
  ///
  /// - Throws: `InputError` naming the field that does not fit.
  package static func decode<Value: Decodable>(
    _ type: Value.Type, from bytes: some Sequence<UInt8>, file: String? = nil
  ) throws -> Value {
    do {
      return try JSONDecoder().decode(type, from: Data(bytes))
    } catch let error as DecodingError {
      throw InputError(decoding: error, file: file)
    }
  }
}

extension String {
  package var nonEmpty: String? { isEmpty ? nil : self }
}
