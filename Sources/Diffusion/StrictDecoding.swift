import Basics

extension InputError {
  /// What is wrong with a calibration file, naming the field.
  package init(inCalibration error: DecodingError) {
    func place(_ context: DecodingError.Context, _ last: (any CodingKey)? = nil) -> String? {
      var path = ""
      for key in context.codingPath + (last.map { [$0] } ?? []) {
        path += key.intValue.map { "[\($0)]" } ?? (path.isEmpty ? key.stringValue : ".\(key.stringValue)")
      }
      return path.isEmpty ? nil : "field \"\(path)\""
    }
    switch error {
    case .typeMismatch(let type, let context):
      self.init("wrong type", location: place(context), expected: "\(type)")
    case .valueNotFound(let type, let context):
      self.init("null", location: place(context), expected: "\(type)")
    case .keyNotFound(let key, let context):
      self.init("missing", location: place(context, key))
    case .dataCorrupted(let context):
      self.init(
        context.codingPath.isEmpty ? "not valid JSON" : context.debugDescription, location: place(context))
    @unknown default:
      self.init("not a calibration")
    }
  }
}

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
