import Basics
import Datasets
import Foundation
import NumPyFiles
import Testing

@Suite("Reading data sets in NumPy arrays")
struct ArrayImagesTests {
  @Test(
    "an archive and a pair of files hold the same floats", arguments: ["float.npz", "npz:float.npz", "npy:x.npy,y.npy"])
  func floats(source: String) throws {
    let full = source.replacing("npz:", with: "").replacing("npy:", with: "").split(separator: ",")
      .map { FixtureFolder.path(String($0)) }.joined(separator: ",")
    let prefix = source.split(separator: ":").count == 2 ? source.prefix(4) : ""
    let set = try DataSource.open(prefix + full, resources: nil)
    #expect(set.count == 2 && set.classCount == 3 && set.maximumLabel == 2)
    #expect(set.imageShape == ImageShape(channels: 3, height: 4, width: 5))
    let image = try set.image(at: 1)
    #expect(image.label == 0)
    // numpy.linspace(0, 1, 120), rounded to float.
    #expect(zip(image.pixels, 60..<120).allSatisfy { abs($0 - Float($1) / 119) <= $0.ulp })
  }

  @Test("bytes stand for value/255, three axes are grey pictures")
  func bytes() throws {
    let set = try DataSource.open(FixtureFolder.path("bytes.npz"), resources: nil)
    #expect(set.imageShape == ImageShape(channels: 1, height: 4, width: 3))
    #expect(try set.image(at: 4) == LabeledImage(index: 4, pixels: (48..<60).map { Float($0 * 4) / 255 }, label: 5))
    // The same pictures and labels as the IDX files: the digest does not depend on the packing.
    let idx = try DataSource.open(FixtureFolder.path("tiny-images-idx3-ubyte"), resources: nil)
    #expect(try set.digest() == idx.digest())
  }

  @Test("channels that can only come last do, and it is said", arguments: [true, false])
  func channelsLast(isBytes: Bool) throws {
    let shape = [2, 4, 5, 3]
    let values = (0..<120).map { UInt8($0) }
    let array =
      isBytes
      ? NumPyArray(shape: shape, elements: .uint8(values)) : NumPyArray(shape: shape, values.map { Float($0) / 255 })
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("last-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try array.write(to: folder.appendingPathComponent("x.npy").path)
    let set = try DataSource.open("npy:" + folder.appendingPathComponent("x.npy").path, resources: nil)
    #expect(set.imageShape == ImageShape(channels: 3, height: 4, width: 5))
    #expect(set.notices.contains { $0.contains("channels last") })
    // Row 2, column 3 of the second picture's last channel.
    #expect(try set.image(at: 1).pixels[2 * 20 + 2 * 5 + 3] == Float(60 + (2 * 5 + 3) * 3 + 2) / 255)
  }

  @Test("one file without labels has none")
  func unlabelled() throws {
    let set = try DataSource.open(FixtureFolder.path("x.npy"), resources: nil)
    #expect(set.maximumLabel == nil && set.classCount == 0)
    #expect(try set.image(at: 0).label == nil)
  }

  @Test("arrays that are no pictures or no labels are refused")
  func refused() throws {
    let good = NumPyArray(shape: [2, 1, 1, 2], [0, 0.5, 1, 0.25] as [Float])
    let bad: [(NumPyArray, NumPyArray?, String)] = [
      (NumPyArray(shape: [4], [0, 0.5, 1, 0.25] as [Float]), nil, "not an array of pictures"),
      (NumPyArray(shape: [0, 1, 1, 2], [] as [Float]), nil, "without pictures"),
      (NumPyArray(shape: [1, 1, 1, 2], [0, 1.5] as [Float]), nil, "outside the range"),
      (NumPyArray(shape: [1, 1, 1, 2], [0, .nan] as [Double]), nil, "outside the range"),
      (NumPyArray(shape: [1, 1, 1, 2], [0, 1] as [Int64]), nil, "not supported"),
      (good, NumPyArray(shape: [3], [0, 1, 2] as [Int64]), "another shape"),
      (good, NumPyArray(shape: [2], [0, -1] as [Int64]), "not a label"),
      (good, NumPyArray(shape: [2], [0, .max] as [Int64]), "not a label"),
      (good, NumPyArray(shape: [2], [0, 0.5] as [Float]), "does not fit"),
    ]
    try FixtureFolder.withTemporary { folder in
      for (images, labels, message) in bad {
        try images.write(to: folder.path("x.npy"))
        try labels?.write(to: folder.path("y.npy"))
        let error = try #require(throws: InputError.self) {
          try ArrayImages.open(images: folder.path("x.npy"), labels: labels.map { _ in folder.path("y.npy") })
        }
        #expect(error.description.contains(message))
        #expect(error.file == folder.path(labels == nil ? "x.npy" : "y.npy"))
      }
    }
  }
}
