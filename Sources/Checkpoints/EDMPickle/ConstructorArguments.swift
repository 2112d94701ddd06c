import Basics
import Pickles

/// The arguments a module was constructed with, positional and by keyword, under their names.
struct ConstructorArguments {
  let owner: String
  let file: String
  private(set) var values: [String: PickleValue]

  /// Binds `_init_args` to the constructor's parameter names in order, then `_init_kwargs`.
  ///
  /// - Throws: `InputError` for more arguments than parameters, or one given twice.
  init(_ module: EDMModule, parameters: [String], file: String) throws {
    owner = module.className
    self.file = file
    let place = "the arguments of \(module.className)"
    values =
      try module.attributes["_init_kwargs"].map {
        try EDMModule.entries($0, file: file, place: place)
      } ?? [:]
    guard let arguments = module.attributes["_init_args"] else { return }
    guard let positional = arguments.sequence, positional.count <= parameters.count else {
      throw InputError(
        "more arguments than the constructor takes", file: file, location: place,
        expected: "at most \(parameters.count)", found: arguments.summary)
    }
    for (name, value) in zip(parameters, positional) {
      guard values.updateValue(value, forKey: name) == nil else {
        throw InputError("an argument is given twice", file: file, location: place, found: name)
      }
    }
  }

  /// Arguments found elsewhere.
  init(owner: String, file: String, values: [String: PickleValue]) {
    self.owner = owner
    self.file = file
    self.values = values
  }

  var isEmpty: Bool { values.isEmpty }

  /// - Throws: `InputError` naming the first argument that is none of `understood`.
  func refuse(allBut understood: some Collection<String>) throws {
    guard let name = values.keys.filter({ !understood.contains($0) }).min() else { return }
    throw InputError(
      "an option that is not understood", file: file, location: "option \"\(name)\" of \(owner)",
      found: values[name]?.summary)
  }

  private func fail(_ name: String, expected: String) -> InputError {
    InputError(
      "wrong kind of value", file: file, location: "option \"\(name)\" of \(owner)", expected: expected,
      found: values[name]?.summary)
  }

  /// An integer, a float with an integer's value included.
  func integer(_ name: String) throws -> Int? {
    guard let value = values[name] else { return nil }
    guard let integer = Self.integer(value) else { throw fail(name, expected: "an integer") }
    return integer
  }

  func integers(_ name: String) throws -> [Int]? {
    guard let value = values[name] else { return nil }
    guard let elements = value.sequence, elements.count <= 64 else { throw fail(name, expected: "a list of integers") }
    return try elements.map {
      guard let integer = Self.integer($0) else { throw fail(name, expected: "a list of integers") }
      return integer
    }
  }

  func number(_ name: String) throws -> Double? {
    guard let value = values[name] else { return nil }
    guard let number = value.number else { throw fail(name, expected: "a number") }
    return number
  }

  func numbers(_ name: String) throws -> [Double]? {
    guard let value = values[name] else { return nil }
    guard let elements = value.sequence, elements.count <= 64 else { throw fail(name, expected: "a list of numbers") }
    return try elements.map {
      guard let number = $0.number else { throw fail(name, expected: "a list of numbers") }
      return number
    }
  }

  func choice<Choice: RawRepresentable & CaseIterable>(_ name: String) throws -> Choice?
  where Choice.RawValue == String {
    guard let value = values[name] else { return nil }
    guard let choice = value.text.flatMap(Choice.init(rawValue:)) else {
      throw fail(name, expected: Choice.allCases.map(\.rawValue).joined(separator: ", "))
    }
    return choice
  }

  private static func integer(_ value: PickleValue) -> Int? {
    value.integer ?? value.number.flatMap { Int(exactly: $0) }
  }
}
