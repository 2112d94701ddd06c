import Basics
import Datasets
import Testing

@Suite("Choosing pictures")
struct SubsetTests {
  @Test("first, first + stride, … count")
  func strided() throws {
    #expect(try Subset(first: 3, count: 4, stride: 5, of: 19).indices == [3, 8, 13, 18])
    #expect(try Subset(first: 3, stride: 5, of: 18).indices == [3, 8, 13])
    #expect(try Subset(of: 3).indices == [0, 1, 2])
    #expect(try Subset(first: 2, stride: .max, of: 3).indices == [2])
  }

  @Test(
    "numbers out of range are a usage error",
    arguments: [
      (0, 1, 0), (0, 1, -1), (0, 0, 1), (0, -5, 1), (-1, 1, 1), (10, 1, 1), (0, 11, 1), (3, 3, 4), (0, .max, .max),
    ])
  func outOfRange(first: Int, count: Int, stride: Int) {
    #expect(throws: UsageError.self) { try Subset(first: first, count: count, stride: stride, of: 10) }
  }

  private func read(_ text: String) throws -> [Int] {
    try FixtureFolder.withTemporary { folder in
      try Subset(file: folder.write("indices.txt", Array(text.utf8)), of: 10).indices
    }
  }

  @Test("an index file keeps its order; comments, blank lines and Windows line ends are allowed")
  func file() throws {
    #expect(try read("# hard ones\n7\n\n 3 # a three\r\n9\n0") == [7, 3, 9, 0])
  }

  @Test(
    "a line that is no index of the set is named",
    arguments: [
      ("1\n10\n", "line 2"), ("-1", "line 1"), ("1\n2\n1\n", "line 3"), ("a", "line 1"), ("1 2", "line 1"),
      ("\n\n1.0", "line 3"), ("99999999999999999999", "line 1"),
    ])
  func badLine(text: String, place: String) throws {
    let error = try #require(throws: InputError.self) { try read(text) }
    #expect(error.location == place)
  }

  @Test("an empty and a binary file are refused", arguments: ["", "# nothing\n", "\u{0}"])
  func noIndex(text: String) {
    #expect(throws: InputError.self) { try read(text) }
  }
}
