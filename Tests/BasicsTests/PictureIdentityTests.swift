import Basics
import Testing

@Suite("Which picture a record is about")
struct PictureIdentityTests {
  @Test("another label or other pixels make another picture, and the difference names it")
  func difference() throws {
    let recorded = PictureIdentity(index: 7, name: "cat/1.png", label: 3, digest: "aa")
    #expect(recorded.difference(from: recorded) == nil)
    var other = recorded
    other.digest = "bb"
    let pixels = try #require(other.difference(from: recorded))
    #expect(pixels.description.contains("image 7 (cat/1.png)") && pixels.found == "bb")
    other.digest = nil
    #expect(other.difference(from: recorded) == nil)
    other.label = 5
    #expect(try #require(other.difference(from: recorded)).expected == "3")
  }
}
