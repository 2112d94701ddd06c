import Basics
import Datasets
import NumPyFiles
import Testing

@Suite("Looking at every selected picture before work")
struct PictureCheckTests {
  @Test("all offenders are listed with file, expected and found; the others have name, label and digest")
  func offenders() throws {
    try FixtureFolder.withTemporary { folder in
      for name in ["a/1.png", "a/2.png", "b/1.png"] { try folder.copy("grey8.png", to: name) }
      try folder.copy("color8.png", to: "b/2.png")
      try folder.write("b/3.jpg", Array(FixtureFolder.bytes("grey.jpg").dropLast(100)))
      try folder.write("c/1.png", Array("version https://git-lfs.github.com/spec/v1\n".utf8))
      try folder.copy("grey8.png", to: "c/2.png")
      let set = try DataSource.open(folder.url.path, resources: nil)
      let check = try set.check(0..<set.count, classCount: 2, requiresLabels: true)
      #expect(check.pictures.map(\.name) == ["a/1.png", "a/2.png", "b/1.png"])
      #expect(check.pictures.map(\.label) == [0, 0, 1])
      #expect(check.offenders.map(\.picture.index) == [3, 4, 5, 6])
      let text = try #require(check.error?.description)
      for name in ["b/2.png", "b/3.jpg", "c/1.png", "c/2.png"] { #expect(text.contains(folder.path(name))) }
      #expect(text.contains("4 of the 7") && text.contains("expected 1×5×7, found 3×5×7"))
      #expect(text.contains("a Git LFS pointer") && text.contains("expected 0 to 1, found 2"))
      #expect(throws: InputError.self) { try check.requireNone() }
      // A selection that ends before them is sound.
      try set.check(0..<3, classCount: 2, requiresLabels: true).requireNone()
    }
  }

  @Test("without labels every picture is an offender where labels are needed")
  func unlabelled() throws {
    let set = try DataSource.open(FixtureFolder.path("x.npy"), resources: nil)
    let check = try set.check(0..<2, requiresLabels: true)
    #expect(check.offenders.count == 2 && check.error?.description.contains("has no label") == true)
    #expect(try set.check(0..<2).pictures.count == 2)
  }

  @Test("a picture's digest is of its pixels: the same in a PNG, an array and a batch, padded or not")
  func digest() throws {
    // python3: hashlib.sha256(b"f4 1 4 3\n" + (numpy.arange(48, 60) * 4 / numpy.float32(255)).astype("<f4").tobytes())
    let expected = "ce32b1f227fde720c9e75f1606e406a84db5310723a2e69b212a2792ea5f5cbb"
    for name in ["bytes.npz", "tiny-images-idx3-ubyte"] {
      let set = try DataSource.open(FixtureFolder.path(name), resources: nil)
      let picture = try #require(try set.check([4]).pictures.first)
      #expect(picture == PictureIdentity(index: 4, label: 5, digest: expected))
    }
    let mnist = try DataSource.open("mnist", resources: IDXImagesTests.resources)
    let padded = try AdaptedImageSet(mnist, to: ImageShape(channels: 1, height: 32, width: 32))
    #expect(try padded.check([3]).pictures == mnist.check([3]).pictures)
    try FixtureFolder.withTemporary { folder in
      let picture = try PictureFile.read(FixtureFolder.path("grey8.png"))
      try folder.copy("grey8.png", to: "a/1.png")
      try NumPyArray(shape: [1, 5, 7], picture.pixels).write(to: folder.path("a/2.npy"))
      let check = try DataSource.open(folder.url.path, resources: nil).check(0..<2)
      #expect(Set(check.pictures.map(\.digest)).count == 1)
    }
  }

  @Test("an EXIF orientation is told once with how many and which; the pixels stay as they lie")
  func orientation() throws {
    try FixtureFolder.withTemporary { folder in
      let bytes = try FixtureFolder.bytes("grey.jpg")
      func turned(_ orientation: UInt8, isBig: Bool) -> [UInt8] {
        let pair: (UInt8) -> [UInt8] = { isBig ? [0, $0] : [$0, 0] }
        let four: (UInt8) -> [UInt8] = { isBig ? [0, 0, 0, $0] : [$0, 0, 0, 0] }
        let tag: [UInt8] = isBig ? [1, 0x12] : [0x12, 1]
        let order = Array((isBig ? "MM" : "II").utf8)
        let entry = tag + pair(3) + four(1) + pair(orientation) + [0, 0]
        let block = Array("Exif\0\0".utf8) + order + pair(42) + four(8) + pair(1) + entry + four(0)
        return Array(bytes[..<2]) + [0xFF, 0xE1, 0, UInt8(block.count + 2)] + block + bytes[2...]
      }
      try folder.write("a/1.jpg", bytes)
      try folder.write("a/2.jpg", turned(1, isBig: true))
      try folder.write("a/3.jpg", turned(6, isBig: true))
      try folder.write("a/4.jpg", turned(3, isBig: false))
      let set = try DataSource.open(folder.url.path, resources: nil)
      let check = try set.check(0..<4)
      #expect(check.turned.map(\.orientation) == [6, 3])
      #expect(check.notices.count == 1)
      #expect(check.notices[0].hasPrefix("2 of the pictures") && check.notices[0].contains("a/3.jpg (6), a/4.jpg (3)"))
      #expect(try set.check(0..<2).notices.isEmpty)
      #expect(Set(check.pictures.map(\.digest)).count == 1)
      // Every cut and every changed byte of the block is an orientation or none.
      let whole = turned(8, isBig: true)
      for index in 2..<40 {
        var changed = whole
        changed[index] ^= 0xFF
        let path = try folder.write("x.jpg", changed)
        if let picture = try? PictureFile.read(path) { #expect((1...8).contains(picture.orientation)) }
      }
    }
  }
}
