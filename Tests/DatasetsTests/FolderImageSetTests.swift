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
      // python3: hashlib.sha256(b"".join(f"{n}\0{hashlib.sha256(open(f,'rb').read()).hexdigest()}\n".encode() for …))
      #expect(digest == "114a5e742276d64039d36c63accdb1d6b4f65221737b1fc112a79f63a2ff22ff")
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

  @Test("a folder without classes is refused, a class without pictures keeps its place")
  func empty() throws {
    try FixtureFolder.withTemporary { folder in
      #expect(throws: InputError.self) { try FolderImageSet(folder: folder.url.path) }
      for name in ["b", "d"] { try folder.make(name) }
      #expect(throws: InputError.self) { try FolderImageSet(folder: folder.url.path) }
      for name in ["a", "c"] { try folder.copy("grey8.png", to: "\(name)/1.png") }
      let set = try FolderImageSet(folder: folder.url.path)
      #expect(set.classNames == ["a", "b", "c", "d"] && set.count == 2)
      #expect([set.label(at: 0), set.label(at: 1), set.maximumLabel] == [0, 2, 2])
      #expect(throws: InputError.self) { try FolderImageSet(folder: "/nonexistent") }
    }
  }

  @Test("what systems and archivers leave in folders is not part of a set")
  func clutter() throws {
    try FixtureFolder.withTemporary { folder in
      try folder.copy("grey8.png", to: "a/1.png")
      for name in ["a/Thumbs.db", "a/desktop.ini", "a/.DS_Store", "__MACOSX/a/._1.png", "Thumbs.db", ".git/x"] {
        try folder.write(name, [1, 2, 3])
      }
      let set = try DataSource.open(folder.url.path, resources: nil)
      #expect(set.count == 1 && set.classNames == ["a"] && set.notices.isEmpty)
    }
  }

  @Test("a class folder may keep its pictures in a folder images; other folders in it are left out and named")
  func deeper() throws {
    try FixtureFolder.withTemporary { folder in
      try folder.copy("grey8.png", to: "n01/images/n01_0.png")
      try folder.write("n01/n01_boxes.txt", Array("n01_0.png 0 0 7 5".utf8))
      try folder.copy("grey8.png", to: "n02/1.png")
      try folder.copy("grey8.png", to: "n02/backup/1.png")
      let set = try DataSource.open(folder.url.path, resources: nil)
      #expect((0..<set.count).map(set.pictureName) == ["n01/images/n01_0.png", "n02/1.png"])
      #expect(set.notices.count == 1 && set.notices[0].contains("n02/backup"))
    }
  }

  @Test("splits, and folders of folders, are named and not taken for classes")
  func splits() throws {
    try FixtureFolder.withTemporary { folder in
      for name in ["train/cat/1.png", "test/cat/1.png"] { try folder.copy("grey8.png", to: name) }
      for source in [folder.url.path, "folder:" + folder.url.path] {
        let error = try #require(throws: InputError.self) { try DataSource.open(source, resources: nil) }
        let expected = try #require(error.expected)
        #expect(expected.contains(folder.path("train")) && expected.contains(folder.path("test")))
      }
      #expect(try DataSource.open(folder.path("test"), resources: nil).classNames == ["cat"])
    }
    try FixtureFolder.withTemporary { folder in
      for name in ["pets/cat/1.png", "pets/dog/1.png"] { try folder.copy("grey8.png", to: name) }
      let error = try #require(throws: InputError.self) { try DataSource.open(folder.url.path, resources: nil) }
      #expect(try #require(error.expected).contains(folder.path("pets")))
    }
  }

  @Test("a picture that is not selected decides nothing: neither whether the folder opens nor the pictures' size")
  func unselected() throws {
    try FixtureFolder.withTemporary { folder in
      try folder.write("a/0.png", Array(FixtureFolder.bytes("grey8.png").dropLast(20)))
      try folder.copy("grey.jpg", to: "a/1.jpg")
      for name in ["b/1.png", "b/2.png"] { try folder.copy("grey8.png", to: name) }
      let shape = ImageShape(channels: 1, height: 5, width: 7)
      let set = try DataSource.open(folder.url.path, resources: nil)
      #expect(set.imageShape == ImageShape(channels: 1, height: 16, width: 24))
      let adapted = try AdaptedImageSet(set, to: shape, selected: [2, 3])
      #expect(try adapted.image(at: 3).label == 1)
      // Of a selection the first one that fits decides: the others are what is wrong.
      let all = try AdaptedImageSet(set, to: shape, selected: [0, 1, 2, 3])
      let check = try all.check(0..<4)
      #expect(check.pictures.map(\.index) == [2, 3])
      #expect(check.offenders.map(\.picture.name) == ["a/0.png", "a/1.jpg"])
      #expect(check.offenders[1].error.expected == "1×5×7" && check.offenders[1].error.found == "1×16×24")
    }
  }
}
