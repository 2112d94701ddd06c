import Basics
import Testing

@Suite struct StrictJSONTests {
  static func value(_ text: String) throws -> JSONValue {
    try Array(text.utf8).withUnsafeBytes { try JSONValue(strict: $0) }
  }

  @Test(
    "Numbers keep what they were written as: integers, integers of 64 bits, others",
    arguments: [
      ("7", JSONValue.integer(7)), ("-7", .integer(-7)), ("9223372036854775807", .integer(.max)),
      ("18446744073709551615", .unsigned(.max)), ("18446744073709551616", .number(18_446_744_073_709_551_616)),
      ("7.0", .number(7)), ("7e0", .number(7)), ("-0", .number(-0.0)), ("0.1", .number(0.1)),
      ("1e400", .number(.infinity)),
    ])
  func numbers(text: String, expected: JSONValue) throws {
    #expect(try Self.value(text) == expected)
    #expect(try Self.value(" [ \(text) ] ") == .array([expected]))
  }

  @Test("Texts, lists, objects and their members")
  func members() throws {
    let value = try Self.value(#"{"a": [1, -1, 2.0, "x\u00e9\ud83d\ude00\n"], "b": {"c": null, "d": true}}"#)
    let list = try #require(value["a"]?.array)
    #expect(list.map(\.natural) == [1, nil, nil, nil])
    #expect(list.map(\.string) == [nil, nil, nil, "xé😀\n"])
    #expect(value["b"] == .object(["c": .null, "d": .bool(true)]))
    #expect(value["c"] == nil && value["a"]?["b"] == nil && value.array == nil && value.string == nil)
  }

  @Test(
    "What another reader might understand differently is refused with its offset",
    arguments: [
      (#"{"a":1,"a":1}"#, "the key \"a\" occurs twice"), ("[1,]", "not a JSON number"),
      ("[1", "a JSON list is not closed"),
      ("{\"a\"}", "a JSON key has no value"), ("{a:1}", "a JSON key is missing"),
      ("1 1", "something follows the JSON text"),
      ("", "the JSON text is cut off"), ("+1", "not a JSON number"), (".5", "not a JSON number"), ("nul", "not JSON"),
      ("NaN", "not a JSON number"), ("\"\\ud800\"", "half a character in a JSON string"), ("\"\\x\"", "unknown escape"),
      ("\"\u{1}\"", "a control character"),
      (String(repeating: "[", count: 33) + String(repeating: "]", count: 33), "nested too deeply"),
    ])
  func refusals(text: String, problem: String) throws {
    let error = #expect(throws: InputError.self) { try Self.value(text) }
    #expect(error?.problem.contains(problem) == true, "\(text): \(String(describing: error))")
    #expect(error?.location?.contains("offset") == true)
  }

  @Test("32 levels are not too deep")
  func depth() throws {
    _ = try Self.value(String(repeating: "[", count: 32) + String(repeating: "]", count: 32))
  }
}
