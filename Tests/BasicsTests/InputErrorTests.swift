import Basics
import Testing

@Suite("Messages of input errors")
struct InputErrorTests {
  @Test(
    "the message says what is known and no more",
    arguments: [
      (InputError("broken"), "broken"),
      (InputError("broken", file: "a.npy"), "a.npy: broken"),
      (InputError("broken", file: "a.npy", location: "offset 4"), "a.npy, offset 4: broken"),
      (InputError("broken", expected: "1"), "broken; expected 1"),
      (InputError("broken", found: "2"), "broken; found 2"),
      (InputError("broken", location: "field x", expected: "1", found: "2"), "field x: broken; expected 1, found 2"),
    ])
  func description(error: InputError, text: String) {
    #expect(error.description == text)
  }

  @Test("the innermost file's name is kept")
  func inFile() {
    #expect(InputError("broken").inFile("outer").file == "outer")
    #expect(InputError("broken", file: "inner").inFile("outer").file == "inner")
  }
}
