import Basics

/// Something in a run directory that does not hold: where, what was expected there, and what was found.
public struct VerificationFailure: Hashable, Sendable, Codable {
  /// Such as `records.jsonl`, in the run directory; or the file of a model or data set.
  public var file: String
  /// Counted from 1.
  public var line: Int?
  public var field: String?
  public var problem: String
  public var expected: String?
  public var found: String?

  public init(
    _ problem: String, file: String, line: Int? = nil, field: String? = nil, expected: String? = nil,
    found: String? = nil
  ) {
    self.file = file
    self.line = line
    self.field = field
    self.problem = problem
    self.expected = expected
    self.found = found
  }

  /// What an error of the code that opens files says.
  public init(_ error: any Error, file: String, line: Int? = nil, field: String? = nil) {
    if let error = error as? InputError {
      let problem = [error.location, error.problem].compactMap { $0 }.joined(separator: ": ")
      self.init(
        problem, file: error.file ?? file, line: line, field: field, expected: error.expected, found: error.found)
    } else {
      self.init("\(error)", file: file, line: line, field: field)
    }
  }
}

extension VerificationFailure: CustomStringConvertible {
  public var description: String {
    let place = [line.map { "line \($0)" }, field.map { "field \"\($0)\"" }].compactMap { $0 }
    return InputError(
      problem, file: file, location: place.joined(separator: ", ").nonEmpty, expected: expected, found: found
    ).description
  }
}

/// Failures in the order in which they were found; of very many only the first are kept.
public struct VerificationFailures: Hashable, Sendable {
  package static let limit = 1000
  public private(set) var first: [VerificationFailure] = []
  public private(set) var count = 0

  package init() {}

  public var isEmpty: Bool { count == 0 }

  public mutating func add(_ failure: VerificationFailure) {
    count += 1
    if first.count < Self.limit { first.append(failure) }
  }
}
