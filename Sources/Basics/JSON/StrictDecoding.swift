/// A JSON key by name.
package struct FieldName: CodingKey {
  package var stringValue: String
  package var intValue: Int? { nil }
  package init(_ name: String) { stringValue = name }
  package init(stringValue: String) { self.stringValue = stringValue }
  package init?(intValue: Int) { nil }
}

extension Decoder {
  /// The object's fields; a key that is not among `known` is an error.
  package func fields(_ known: Set<String>) throws -> KeyedDecodingContainer<FieldName> {
    let fields = try container(keyedBy: FieldName.self)
    if let stray = fields.allKeys.map(\.stringValue).sorted().first(where: { !known.contains($0) }) {
      throw DecodingError.dataCorrupted(
        .init(
          codingPath: codingPath + [FieldName(stray)],
          debugDescription: "unknown field; known are \(known.sorted().joined(separator: ", "))"))
    }
    return fields
  }
}
