extension InputError {
  /// What a JSON decoder could not use: the field by its path and what is wrong with it.
  ///
  /// - Parameter place: where in the file the JSON lies, such as `line 3`.
  package init(decoding error: DecodingError, file: String? = nil, place: String? = nil) {
    func field(_ path: [any CodingKey]) -> String? {
      let field = path.isEmpty ? nil : "field \"\(path.fieldPath)\""
      return [place, field].compactMap { $0 }.joined(separator: ", ").nonEmpty
    }
    switch error {
    case .keyNotFound(let key, let context):
      self.init("missing", file: file, location: field(context.codingPath + [key]))
    case .typeMismatch(let type, let context):
      self.init("wrong type", file: file, location: field(context.codingPath), expected: "\(type)")
    case .valueNotFound(let type, let context):
      self.init("null", file: file, location: field(context.codingPath), expected: "\(type)")
    case .dataCorrupted(let context):
      self.init(
        context.codingPath.isEmpty ? "not valid JSON" : context.debugDescription, file: file,
        location: field(context.codingPath))
    @unknown default:
      self.init("not the JSON expected here", file: file, location: place)
    }
  }
}

extension [any CodingKey] {
  /// Such as `levels[0].sigma`.
  package var fieldPath: String {
    reduce(into: "") { path, key in
      path += key.intValue.map { "[\($0)]" } ?? (path.isEmpty ? key.stringValue : ".\(key.stringValue)")
    }
  }
}
