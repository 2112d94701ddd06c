import Basics
import Datasets
import Foundation
import NumPyFiles
import Testing

@Suite("Reading folders of pictures")
struct FolderImageSetTests {
  @Test("classes and pictures are sorted by name, whatever the files' names say about their format")
  func sorted() throws {
    try FixtureFolder.withTemporary { folder in
      try folder.copy("grey4.png", to: "dog/b.png")
      try folder.copy("grey8.png", to: "dog/a.dat")
      try folder.copy("gamma.png", to: "Cat/z.jpg")
      try folder.write("README.txt", Array("not a class".utf8))
      try folder.write("dog/.hidden", [])
      let set = try DataSource.open(folder.url.path, resources: nil)
      #expect(set.classNames == ["Cat", "dog"])
      #expect(set.count == 3 && set.maximumLabel == 1)
      #expect(try (0..<3).map { try set.image(at: $0).label } == [0, 1, 1])
      let expected = try PictureFile.read(FixtureFolder.path("grey8.png")).pixels
      #expect(try set.image(at: 1).pixels == expected)
      let digest = try set.digest()
      try folder.copy("grey4.png", to: "dog/a.dat")
      #expect(try DataSource.open("folder:" + folder.url.path, resources: nil).digest() != digest)
    }
  }

  @Test("a picture of another size or another number of channels is named")
  func differing() throws {
    try FixtureFolder.withTemporary { folder in
      try folder.copy("grey8.png", to: "a/1.png")
      try folder.copy("grey.jpg", to: "a/2.jpg")
      try folder.copy("color8.png", to: "b/1.png")
      try folder.write("b/2.txt", [1, 2, 3])
      let set = try FolderImageSet(folder: folder.url.path)
      let size = try #require(throws: InputError.self) { try set.image(at: 1) }
      #expect(size.file == folder.path("a/2.jpg") && size.expected == "1×5×7" && size.found == "1×16×24")
      let channels = try #require(throws: InputError.self) { try set.image(at: 2) }
      #expect(channels.file == folder.path("b/1.png") && channels.found == "3×5×7")
      let text = try #require(throws: InputError.self) { try set.image(at: 3) }
      #expect(text.file == folder.path("b/2.txt"))
    }
  }

  @Test("a folder without classes and a class without pictures are refused")
  func empty() throws {
    try FixtureFolder.withTemporary { folder in
      #expect(throws: InputError.self) { try FolderImageSet(folder: folder.url.path) }
      try folder.copy("grey8.png", to: "a/1.png")
      try FileManager.default.createDirectory(
        at: folder.url.appendingPathComponent("b"), withIntermediateDirectories: true)
      let error = try #require(throws: InputError.self) { try FolderImageSet(folder: folder.url.path) }
      #expect(error.file == folder.path("b"))
      #expect(throws: InputError.self) { try FolderImageSet(folder: "/nonexistent") }
    }
  }
}
