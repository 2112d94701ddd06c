import Basics

/// Range checks whose errors name the field.
struct FieldCheck {
  let file: String
  let owner: String

  func range<Number: Comparable>(_ field: String, _ value: Number, _ range: ClosedRange<Number>) throws {
    guard !range.contains(value) else { return }
    throw fail(field, "out of range", expected: "\(range.lowerBound) to \(range.upperBound)", found: "\(value)")
  }

  func multiple(_ field: String, _ value: Int, of divisor: Int) throws {
    guard !value.isMultiple(of: divisor) else { return }
    throw fail(field, "does not divide", expected: "a multiple of \(divisor)", found: "\(value)")
  }

  func count(_ field: String, _ value: Int, _ expected: Int) throws {
    guard value != expected else { return }
    throw fail("length of \(field)", "does not fit the levels", expected: "\(expected)", found: "\(value)")
  }

  func equal(_ field: String, _ value: Int, _ expected: Int) throws {
    guard value != expected else { return }
    throw fail(field, "does not fit the preconditioner", expected: "\(expected)", found: "\(value)")
  }

  private func fail(_ field: String, _ problem: String, expected: String, found: String) -> InputError {
    InputError(problem, file: file, location: "\(field) of \(owner)", expected: expected, found: found)
  }
}
