import Basics
import Foundation
import Records
import Testing

@Suite struct FieldComparisonTests {
  private func json(_ text: String) throws -> JSONValue {
    try JSONDecoder().decode(JSONValue.self, from: Data(text.utf8))
  }

  private func failures(
    _ found: String, _ expected: String, leavingOut left: Set<String> = []
  ) throws -> [VerificationFailure] {
    FieldComparison.failures(
      try json(found), try json(expected), file: "file", line: 3, problem: "differs", leavingOut: left)
  }

  @Test func `equal values agree, whatever the order of their fields`() throws {
    #expect(try failures(#"{"a":1,"b":{"c":[1,2]}}"#, #"{"b":{"c":[1,2]},"a":1}"#) == [])
  }

  @Test(arguments: [
    (#"{"a":1,"b":2}"#, #"{"a":1,"b":3}"#, "b", "3", "2"),
    (#"{"a":{"b":{"c":"x"}}}"#, #"{"a":{"b":{"c":"y"}}}"#, "a.b.c", #""y""#, #""x""#),
    (#"{"a":1}"#, #"{"a":1,"b":2}"#, "b", "2", "nothing"),
    (#"{"a":1,"b":2}"#, #"{"a":1}"#, "b", "nothing", "2"),
    (#"{"a":[1,2]}"#, #"{"a":[1,3]}"#, "a", "[1,3]", "[1,2]"),
    (#"{"a":[{"b":1},{"b":2}]}"#, #"{"a":[{"b":1},{"b":3}]}"#, "a[1].b", "3", "2"),
    (#"{"a":null}"#, #"{"a":false}"#, "a", "false", "null"),
  ])
  func `a field that differs is named with both values`(
    found: String, expected: String, field: String, expectedValue: String, foundValue: String
  ) throws {
    let failure = VerificationFailure(
      "differs", file: "file", line: 3, field: field, expected: expectedValue, found: foundValue)
    #expect(try failures(found, expected) == [failure])
  }

  @Test func `values that are no objects have no field to name`() throws {
    #expect(try failures("1", "2").map(\.field) == [nil])
  }

  @Test func `several differences are named in the order of their fields, but for those left out`() throws {
    let (found, expected) = (#"{"c":1,"a":1,"b":1}"#, #"{"c":2,"a":2,"b":2}"#)
    #expect(try failures(found, expected).map(\.field) == ["a", "b", "c"])
    #expect(try failures(found, expected, leavingOut: ["b"]).map(\.field) == ["a", "c"])
  }

  @Test func `a long value is cut to 80 characters`() throws {
    let text = try failures(#"{"a":"\#(String(repeating: "x", count: 100))"}"#, "{}")[0].found
    #expect(text?.count == 80 && text?.hasSuffix("...") == true)
  }
}
