import Basics
import Foundation
import Testing

@Suite struct ClassSetTests {
  @Test func `classes are ordered by their labels, however they are named`() throws {
    let classes = try ClassSet([8, 3, 5])
    #expect(classes.labels == [3, 5, 8] && classes.count == 3 && classes[1] == 5)
    #expect(try classes == ClassSet([5, 8, 3]))
    #expect([3, 5, 8].map(classes.place) == [0, 1, 2])
    #expect([-1, 0, 4, 6, 9].allSatisfy { classes.place(of: $0) == nil && !classes.contains($0) })
    #expect(ClassSet(count: 3).labels == [0, 1, 2])
  }

  @Test(arguments: [[], [3], [3, 5, 3], [-1, 4]])
  func `too few, repeated and impossible labels are refused`(labels: [Int]) {
    #expect(throws: UsageError.self) { try ClassSet(labels) }
  }

  @Test func `a place is found among many`() throws {
    let classes = try ClassSet((0..<500).map { 3 * $0 })
    #expect(
      classes.labels.indices.allSatisfy { classes.place(of: 3 * $0) == $0 && classes.place(of: 3 * $0 + 1) == nil })
  }

  @Test func `a file holds the labels in their order, and nothing else is read`() throws {
    #expect(String(decoding: try JSONEncoder().encode(ClassSet([8, 3])), as: UTF8.self) == "[3,8]")
    #expect(try JSONDecoder().decode(ClassSet.self, from: Data("[3,8]".utf8)) == ClassSet([3, 8]))
    for text in ["[]", "[3]", "[8,3]", "[3,3]", "[-1,3]", "[3.5,4]", "3"] {
      #expect(throws: DecodingError.self, "\(text)") { try JSONDecoder().decode(ClassSet.self, from: Data(text.utf8)) }
    }
  }

  @Test func `few classes are listed, many counted`() throws {
    #expect(try ClassSet([8, 3]).description == "classes 3 and 8")
    #expect(try ClassSet([8, 3, 5]).description == "classes 3, 5 and 8")
    #expect(try ClassSet(Array(100..<200)).description == "classes 100, 101, 102 … 199 (100 of them)")
    #expect(try ClassSet([0, 1]).description { ["cat", "dog"][$0] } == "classes cat and dog")
  }
}
