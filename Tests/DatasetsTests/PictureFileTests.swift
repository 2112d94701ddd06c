import Basics
import Datasets
import NumPyFiles
import Testing

@Suite("Reading pictures")
struct PictureFileTests {
  static let readable = [
    "grey1.png", "grey2.png", "grey4.png", "grey8.png", "grey16.png", "color8.png", "color16.png", "gamma.png",
    "color-gamma.png", "srgb.png", "palette.png", "grey-opaque.png", "color-opaque.png", "color16-opaque.png",
    "interlaced.png", "grey.jpg", "color.jpg", "color444.jpg", "progressive.jpg",
  ]

  @Test("values are exactly Pillow's, whatever gamma the file declares", arguments: readable)
  func values(name: String) throws {
    let expected = try NumPyArchive(contentsOf: FixtureFolder.path("expected.npz")).array(named: name)
    let scale: Float = expected.elementType == .uint16 ? 65535 : 255
    let picture = try PictureFile.read(FixtureFolder.path(name))
    #expect([picture.shape.channels, picture.shape.height, picture.shape.width] == expected.shape)
    #expect(try picture.pixels == expected.floats().map { $0 / scale })
  }

  @Test("real transparency is refused", arguments: ["transparent.png", "grey-key.png", "palette-transparent.png"])
  func transparency(name: String) throws {
    let error = try #require(throws: InputError.self) { try PictureFile.read(FixtureFolder.path(name)) }
    #expect(error.description.contains(name) && error.description.contains("transparent"))
  }

  @Test(
    "sizes beyond the limits or beyond what the file can hold are refused before memory is taken",
    arguments: [("huge.png", "65535×65535"), ("too-wide.png", "70000×1"), ("bomb.png", "too short")])
  func sizes(name: String, message: String) throws {
    let error = try #require(throws: InputError.self) { try PictureFile.read(FixtureFolder.path(name)) }
    #expect(error.description.contains(message))
  }

  @Test("what is no picture is refused", arguments: ["cmyk.jpg", "tiny-images-idx3-ubyte", "float.npz", "absent.png"])
  func notPictures(name: String) throws {
    let error = try #require(throws: InputError.self) { try PictureFile.read(FixtureFolder.path(name)) }
    #expect(error.file == FixtureFolder.path(name))
  }

  @Test("arrays are pictures, with or without a batch axis")
  func arrays() throws {
    try FixtureFolder.withTemporary { folder in
      let pixels = (0..<12).map { Float($0) / 11 }
      for shape in [[3, 2, 2], [1, 3, 2, 2]] {
        try NumPyArray(shape: shape, pixels).write(to: folder.path("x.npy"))
        let picture = try PictureFile.read(folder.path("x.npy"))
        #expect(picture.shape == ImageShape(channels: 3, height: 2, width: 2))
        #expect(picture.pixels == pixels)
      }
      try NumPyArray(shape: [1, 2], elements: .uint8([0, 51])).write(to: folder.path("x.npy"))
      #expect(try PictureFile.read(folder.path("x.npy")).pixels == [0, 0.2])
      for bad in [
        NumPyArray(shape: [2, 1, 1, 1], [0, 0] as [Float]), NumPyArray(shape: [1, 1], [Float.nan]),
        NumPyArray(shape: [1, 1], [1.01] as [Float]), NumPyArray(shape: [1, 1], [1] as [Int64]),
        NumPyArray(shape: [0, 1], [] as [Float]),
      ] {
        try bad.write(to: folder.path("x.npy"))
        #expect(throws: InputError.self) { try PictureFile.read(folder.path("x.npy")) }
      }
    }
  }

  @Test(
    "a cut picture is an input error, a changed byte never a crash",
    arguments: [
      "grey4.png", "interlaced.png", "color-opaque.png", "palette.png", "grey.jpg", "progressive.jpg",
    ])
  func damaged(name: String) throws {
    let bytes = try FixtureFolder.bytes(name)
    try FixtureFolder.withTemporary { folder in
      for count in bytes.indices {
        try folder.write("x", Array(bytes[..<count]))
        #expect(throws: InputError.self) { try PictureFile.read(folder.path("x")) }
      }
      for index in bytes.indices {
        var changed = bytes
        changed[index] ^= 0xFF
        try folder.write("x", changed)
        // JPEG has no checksum; PNG finds every change.
        if name.hasSuffix(".png") {
          #expect(throws: InputError.self, "byte \(index)") { try PictureFile.read(folder.path("x")) }
        } else {
          do { _ = try PictureFile.read(folder.path("x")) } catch { #expect(error is InputError) }
        }
      }
    }
  }
}
