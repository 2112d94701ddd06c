import Basics
import Datasets
import Foundation
import Testing

@Suite("A data set through the list that a run recorded")
struct ListedImageSetTests {
  /// Six pictures of two classes.
  private static func fill(_ folder: TemporaryFolder) throws {
    for (index, fixture) in ["grey1.png", "grey2.png", "grey4.png"].enumerated() {
      try folder.copy(fixture, to: "a/\(index).png")
      try folder.copy("grey8.png", to: "b/\(index).png")
    }
  }

  private static func open(_ folder: TemporaryFolder) throws -> any LabeledImageSet {
    try DataSource.open(folder.url.path, resources: nil)
  }

  @Test("a picture keeps its index wherever it stands, and deleted ones are missing")
  func moved() throws {
    try FixtureFolder.withTemporary { folder in
      try Self.fill(folder)
      let before = try Self.open(folder)
      let recorded = try before.check([0, 2, 4]).pictures
      try FileManager.default.removeItem(atPath: folder.path("a/0.png"))
      try FileManager.default.removeItem(atPath: folder.path("a/1.png"))
      let now = try ListedImageSet(Self.open(folder), listed: recorded)
      #expect(now.missing == [recorded[0]])
      for index in [2, 4] { #expect(try now.image(at: index) == before.image(at: index)) }
      #expect(try now.check([2, 4]).pictures == Array(recorded[1...]))
      let check = try now.check(recorded.map(\.index))
      #expect(check.offenders.map(\.picture.name) == ["a/0.png"])
      #expect(try #require(check.error).problem.contains("no longer"))
      let adapted = try AdaptedImageSet(now, to: before.imageShape, selected: [2, 4])
      #expect(try adapted.image(at: 4) == before.image(at: 4))
    }
  }

  @Test("a changed picture, and another label, are named; a repaired one differs in its digest alone")
  func changed() throws {
    try FixtureFolder.withTemporary { folder in
      try Self.fill(folder)
      var recorded = try Self.open(folder).check(0..<3).pictures
      try folder.copy("grey8.png", to: "a/1.png")
      let now = try ListedImageSet(Self.open(folder), listed: recorded).check(0..<3).pictures
      let differences = zip(now, recorded).compactMap { $0.difference(from: $1)?.description }
      #expect(differences.count == 1 && differences[0].contains("image 1 (a/1.png)"))
      recorded[2].label = 5
      let other = try ListedImageSet(Self.open(folder), listed: recorded).check(0..<3)
      #expect(other.offenders.map(\.picture.index) == [2])
      #expect(other.offenders[0].error.description.contains("expected 5, found 0"))
    }
  }

  @Test("a list grows by pictures that are not on it, under indices that no picture has")
  func growing() throws {
    try FixtureFolder.withTemporary { folder in
      try Self.fill(folder)
      let recorded = try Self.open(folder).check([0, 1, 2]).pictures
      let same = try ListedImageSet(Self.open(folder), listed: recorded)
      #expect(try same.further(2, from: 0..<6).map(\.index) == [3, 4])
      #expect(try same.further(9, from: 0..<6).map(\.name) == ["b/0.png", "b/1.png", "b/2.png"])
      // A picture before all others: indices of the list stay taken.
      try folder.copy("grey8.png", to: "a/00.png")
      let now = try ListedImageSet(Self.open(folder), listed: recorded)
      let further = try now.further(3, from: 0..<7)
      #expect(further.map(\.name) == ["a/00.png", "b/0.png", "b/1.png"])
      #expect(further.map(\.index) == [7, 4, 5])
      let grown = try ListedImageSet(Self.open(folder), listed: recorded + further)
      #expect(try grown.image(at: 1) == same.image(at: 1))
    }
  }

  @Test("pictures without names are found by their indices, and a list that repeats one is refused")
  func arrays() throws {
    let set = try DataSource.open(FixtureFolder.path("bytes.npz"), resources: nil)
    let recorded = try set.check([4, 1]).pictures
    let now = try ListedImageSet(set, listed: recorded + [PictureIdentity(index: 5, label: 1)])
    #expect(now.missing.map(\.index) == [5])
    #expect(try now.image(at: 4) == set.image(at: 4))
    #expect(throws: InputError.self) { try now.image(at: 0) }
    #expect(throws: InputError.self) { try ListedImageSet(set, listed: recorded + recorded) }
  }
}
