import Basics
import Foundation
import Testing

@Suite struct DecodingErrorTests {
  struct Item: Decodable {
    var size: Int
    var kind: Kind
    enum Kind: String, Decodable { case round }
  }
  struct Document: Decodable { var items: [Item] }

  @Test(
    "A JSON that does not fit is named by its field",
    arguments: [
      ("", #"f: not valid JSON"#), ("[]", #"f: wrong type; expected"#), ("{}", #"f, field "items": missing"#),
      (#"{"items":[{"size":1}]}"#, #"f, field "items[0].kind": missing"#),
      (#"{"items":[{"size":1,"kind":"round"},{"size":"1"}]}"#, #"f, field "items[1].size": wrong type; expected Int"#),
      (#"{"items":[{"size":null}]}"#, #"f, field "items[0].size": null; expected Int"#),
      (#"{"items":[{"size":1,"kind":"flat"}]}"#, #"f, field "items[0].kind": "#),
    ])
  func fields(text: String, message: String) {
    let error = #expect(throws: InputError.self) {
      try StableJSON.decode(Document.self, from: Array(text.utf8), file: "f")
    }
    #expect(error?.description.hasPrefix(message) == true, "\(String(describing: error))")
  }

  @Test("The place in a file precedes the field")
  func place() {
    let error = DecodingError.valueNotFound(
      Int.self, .init(codingPath: [FieldName("a"), FieldName("b")], debugDescription: ""))
    #expect(
      "\(InputError(decoding: error, file: "f", place: "line 3"))" == #"f, line 3, field "a.b": null; expected Int"#)
  }
}
