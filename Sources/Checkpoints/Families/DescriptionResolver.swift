import Basics

/// Holds a model's file against its description, item by item, and keeps what each item is and where it came from.
///
/// Everything that is wrong with a description is named in one message.
final class DescriptionResolver {
  private let file: String
  private let description: ModelDescription?
  private var used: Set<String> = []
  private var problems: [String] = []
  private var missing: [String] = []
  private var ignored: [String] = []
  private(set) var items: [DescriptionItem] = []

  init(file: String, description: ModelDescription?) {
    self.file = file
    self.description = description
  }

  var isDescribed: Bool { description != nil }

  /// What the description says under `key`; nil where it says nothing or something of another kind.
  func stated<Value: DescriptionValue>(_ key: String, as type: Value.Type = Value.self) -> Value? {
    guard let json = description?.values[key] else { return nil }
    used.insert(key)
    guard let value = Value(description: json) else {
      problems.append("\"\(key)\": expected \(Value.expectation), found \(json)")
      return nil
    }
    return value
  }

  /// An item that the file tells: the description may repeat it.
  @discardableResult
  func told<Value: DescriptionValue>(_ key: String, _ value: Value) -> Value {
    if let stated = stated(key, as: Value.self), stated != value {
      problems.append("\"\(key)\": expected \(value.text), which the file tells, found \(stated.text)")
    }
    record(key, value, "the file")
    return value
  }

  /// An item that the file does not tell. Without any description it is missing, unless `isOptional`.
  func resolve<Value: DescriptionValue>(_ key: String, default fallback: Value, isOptional: Bool = false) -> Value {
    if let value = stated(key, as: Value.self) {
      record(key, value, description?.origin ?? "")
      return value
    }
    if !isDescribed, !isOptional { missing.append(key) }
    record(key, fallback, "default")
    return fallback
  }

  /// One of several words.
  func resolve(_ key: String, among words: [String], default fallback: String, isOptional: Bool = false) -> String {
    let value = resolve(key, default: fallback, isOptional: isOptional)
    if !words.contains(value) {
      problems.append("\"\(key)\": expected one of \(words.joined(separator: ", ")), found \"\(value)\"")
      return fallback
    }
    return value
  }

  /// An integer within a range.
  func resolve(_ key: String, in range: ClosedRange<Int>, default fallback: Int, isOptional: Bool = false) -> Int {
    let value = resolve(key, default: fallback, isOptional: isOptional)
    if !range.contains(value) {
      problems.append("\"\(key)\": expected \(range.lowerBound) to \(range.upperBound), found \(value)")
      return fallback
    }
    return value
  }

  /// Whether the description says null, which is then taken for an answer.
  func isNull(_ key: String) -> Bool {
    guard description?.values[key] == .null else { return false }
    used.insert(key)
    return true
  }

  /// An item that is held against the description elsewhere.
  func note(_ key: String, _ value: some DescriptionValue, origin: String = "the file") { record(key, value, origin) }

  /// An item that is a number or null, whose words are then "none"; one that the file tells where `told`.
  func resolveNullable(_ key: String, _ value: Double?, told: Bool) -> Double? {
    func text(_ number: Double?) -> String { number.map { NumberList([$0]).text } ?? Self.none }
    let isNull = isNull(key)
    let stated = isNull ? nil : stated(key, as: Double.self)
    guard isNull || stated != nil else {
      record(key, text(value), told ? "the file" : "default")
      return value
    }
    if told, stated != value {
      problems.append("\"\(key)\": expected \(text(value)), which the file tells, found \(text(stated))")
    }
    record(key, text(told ? value : stated), told ? "the file" : description?.origin ?? "")
    return told ? value : stated
  }

  /// Null where a description has it.
  private static let none = "none"

  /// Flags that change nothing here, whatever they say.
  func ignore(_ keys: Set<String>) {
    for key in keys.sorted() where description?.values[key] != nil && !used.contains(key) {
      used.insert(key)
      ignored.append(key)
    }
  }

  /// A flag that changes nothing at this value, and is refused at any other.
  func allow<Value: DescriptionValue>(_ key: String, only value: Value) {
    guard let stated = stated(key, as: Value.self) else { return }
    if stated == value {
      ignored.append(key)
    } else {
      problems.append("\"\(key)\": expected \(value.text), the only value that is understood, found \(stated.text)")
    }
  }

  func problem(_ text: String) { problems.append(text) }

  /// An item of a file that was resolved before: the description may repeat it.
  func hold(_ item: DescriptionItem) {
    guard let json = description?.values[item.key] else { return }
    used.insert(item.key)
    let text =
      json == .null
      ? Self.none
      : NumberList(description: json)?.text ?? Bool(description: json)?.text ?? String(description: json) ?? ""
    let isSame = text == item.value || Double(item.value).map { Double(description: json) == $0 } ?? false
    if !isSame { problems.append("\"\(item.key)\": expected \(item.value), which the file tells, found \(json)") }
  }

  private func record(_ key: String, _ value: some DescriptionValue, _ origin: String) {
    items.append(DescriptionItem(key: key, value: value.text, origin: origin))
  }

  /// To be called when everything has been asked for: returns what is worth saying.
  ///
  /// - Throws: `InputError` naming every key that is unknown, of the wrong kind, or contradicts the file; without a
  ///   description those that one must say.
  func finish(family: String) throws -> [String] {
    let unknown = (description?.values.keys ?? [:].keys).filter { !used.contains($0) }.sorted()
    let all = problems + unknown.map { "\"\($0.prefix(80))\": not a key of \(family)" }
    if let description, !all.isEmpty {
      throw InputError(
        "the description does not fit the model \(file): " + all.joined(separator: "; "), file: description.origin)
    }
    if !missing.isEmpty {
      throw InputError(
        "a \(family) model, whose file does not tell " + missing.joined(separator: ", ")
          + "; describe it with --model-config FILE.json, or name what it is, one of "
          + ModelDescription.publishedNames.joined(separator: ", "), file: file)
    }
    guard !ignored.isEmpty, let description else { return [] }
    return ["\(description.origin): without effect here, ignored: " + ignored.sorted().joined(separator: ", ")]
  }
}

/// What a description's items are.
protocol DescriptionValue: Equatable {
  init?(description: JSONValue)
  var text: String { get }
  static var expectation: String { get }
}

extension Int: DescriptionValue {
  init?(description: JSONValue) {
    switch description {
    case .integer(let value): self = value
    case .number(let value):
      guard let integer = Int(exactly: value) else { return nil }
      self = integer
    default: return nil
    }
  }
  var text: String { description }
  static var expectation: String { "an integer" }
}

extension Double: DescriptionValue {
  init?(description: JSONValue) {
    switch description {
    case .integer(let value): self = Double(value)
    case .number(let value): self = value
    default: return nil
    }
  }
  var text: String { description }
  static var expectation: String { "a number" }
}

extension Bool: DescriptionValue {
  init?(description: JSONValue) {
    guard case .bool(let value) = description else { return nil }
    self = value
  }
  var text: String { description }
  static var expectation: String { "true or false" }
}

extension String: DescriptionValue {
  init?(description: JSONValue) {
    guard case .string(let value) = description else { return nil }
    self = value
  }
  var text: String { self }
  static var expectation: String { "a text" }
}

/// Numbers as "1,2" or [1, 2].
struct NumberList: DescriptionValue {
  var values: [Double]

  init(_ values: [Double]) { self.values = values }

  init?(description: JSONValue) {
    switch description {
    case .array(let elements):
      values = elements.compactMap { Double(description: $0) }
      guard values.count == elements.count else { return nil }
    case .string(let text):
      let parts = text.split(separator: ",", omittingEmptySubsequences: false)
      values = parts.compactMap { Double($0.drop { $0 == " " }) }
      guard values.count == parts.count else { return nil }
    case .integer, .number:
      guard let value = Double(description: description) else { return nil }
      values = [value]
    default: return nil
    }
  }

  var text: String { values.map { Int(exactly: $0).map(String.init) ?? $0.description }.joined(separator: ",") }
  static var expectation: String { "numbers as \"1,2\" or [1, 2]" }
}
