import Basics

/// Comparing two JSON values field by field.
package enum FieldComparison {
  /// The fields in which `found` differs from `expected`, each with both values.
  package static func failures(
    _ found: JSONValue, _ expected: JSONValue, file: String, line: Int? = nil, problem: String,
    leavingOut left: Set<String> = []
  ) -> [VerificationFailure] {
    let (found, expected) = (fields(found), fields(expected))
    return Set(found.keys).union(expected.keys).subtracting(left).sorted().compactMap { field in
      guard found[field] != expected[field] else { return nil }
      return VerificationFailure(
        problem, file: file, line: line, field: field.isEmpty ? nil : field, expected: text(expected[field]),
        found: text(found[field]))
    }
  }

  private static func text(_ value: JSONValue?) -> String { value?.description.brief ?? "nothing" }

  /// Every leaf with its path, such as `certified[2].radius`; an array of numbers is one leaf.
  private static func fields(_ value: JSONValue, path: String = "") -> [String: JSONValue] {
    var fields: [String: JSONValue] = [:]
    switch value {
    case .object(let members):
      for (key, member) in members {
        fields.merge(self.fields(member, path: path.isEmpty ? key : "\(path).\(key)")) { first, _ in first }
      }
    case .array(let elements) where elements.contains(where: \.isObject):
      for (position, element) in elements.enumerated() {
        fields.merge(self.fields(element, path: "\(path)[\(position)]")) { first, _ in first }
      }
    default: fields[path] = value
    }
    return fields
  }
}

extension JSONValue {
  fileprivate var isObject: Bool { if case .object = self { true } else { false } }
}
