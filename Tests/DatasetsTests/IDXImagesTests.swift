import Basics
import Datasets
import Foundation
import TestSupport
import Testing

@Suite("Reading IDX files and MNIST")
struct IDXImagesTests {
  static let resources = Repository.root.appendingPathComponent("Resources")

  @Test("the bundled MNIST test set is the published one")
  func bundled() throws {
    let mnist = try DataSource.open("mnist", resources: Self.resources)
    #expect(mnist.count == 10_000)
    #expect(mnist.imageShape == ImageShape(channels: 1, height: 28, width: 28))
    #expect(mnist.classNames == (0...9).map(String.init))
    #expect(mnist.maximumLabel == 9)
    var histogram = [Int](repeating: 0, count: 10)
    var sum: Double = 0
    for index in 0..<mnist.count {
      let image = try mnist.image(at: index)
      histogram[try #require(image.label)] += 1
      sum += image.pixels.reduce(0) { $0 + Double($1) }
    }
    #expect(histogram == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009])
    // The published mean of the test set's pixels; NumPy's over the same file.
    #expect(abs(sum / 7_840_000 - 0.132514) < 1e-6)
    #expect(try (0..<10).map { try mnist.image(at: $0).label } == [7, 2, 1, 0, 4, 1, 4, 9, 5, 9])
    #expect(try mnist.image(at: 0).pixels.map { Int(($0 * 255).rounded()) }.reduce(0, +) == 18454)
  }

  @Test("plain and gzipped files hold the same pictures, labels are found beside them")
  func tiny() throws {
    let plain = try DataSource.open(FixtureFolder.path("tiny-images-idx3-ubyte"), resources: nil)
    let zipped = try DataSource.open("idx:" + FixtureFolder.path("zipped-images-idx3-ubyte.gz"), resources: nil)
    for set in [plain, zipped] {
      #expect(set.count == 5)
      #expect(set.imageShape == ImageShape(channels: 1, height: 4, width: 3))
      #expect(try (0..<5).map { try set.image(at: $0).label } == [3, 1, 4, 1, 5])
      #expect(try set.image(at: 4).pixels == (48..<60).map { Float($0 * 4) / 255 })
      #expect(set.classCount == 6)
    }
    #expect(try plain.digest() == zipped.digest())
    #expect(throws: InputError.self) { try plain.requireLabels(below: 5) }
    try plain.requireLabels(below: 6)
  }

  @Test("the digest follows from pixels and labels")
  func digest() throws {
    let images = FixtureFolder.path("tiny-images-idx3-ubyte")
    let labels = FixtureFolder.path("tiny-labels-idx1-ubyte")
    let digest = try DataSource.open("idx:\(images),\(labels)", resources: nil).digest()
    // python3: h = hashlib.sha256(b"u8 5 1 4 3\n" + bytes(4 * i for i in range(60)));
    // h.update(struct.pack("<5i", 3, 1, 4, 1, 5)); h.hexdigest()
    #expect(digest == "4372a1e9439b444de0a8709bf9dc1e257ed593b75fc1540b1ac7ce4b70139250")
    #expect(try IDXImages.open(images: images, labels: nil).digest() != digest)
  }

  @Test("labels of another number of pictures are refused")
  func otherLabels() throws {
    let error = try #require(throws: InputError.self) {
      try IDXImages.open(
        images: FixtureFolder.path("tiny-images-idx3-ubyte"),
        labels: Self.resources.appendingPathComponent("data/mnist/t10k-labels-idx1-ubyte.gz").path)
    }
    #expect(error.expected == "5 labels" && error.found == "10000")
  }

  @Test("a folder without MNIST's files is refused")
  func absent() {
    #expect(throws: InputError.self) { try DataSource.open("mnist:/nonexistent", resources: nil) }
    #expect(throws: InputError.self) { try DataSource.open("mnist", resources: nil) }
  }

  @Test(
    "a cut file is an input error, a changed byte never a crash",
    arguments: [
      "tiny-images-idx3-ubyte", "zipped-images-idx3-ubyte.gz",
    ])
  func damaged(name: String) throws {
    let bytes = try FixtureFolder.bytes(name)
    try FixtureFolder.withTemporary { folder in
      for count in bytes.indices {
        let path = try folder.write("x", Array(bytes[..<count]))
        #expect(throws: InputError.self) { try IDXImages.open(images: path, labels: nil) }
      }
      for index in bytes.indices {
        var changed = bytes
        changed[index] ^= 0xFF
        let path = try folder.write("x", changed)
        do { _ = try IDXImages.open(images: path, labels: nil) } catch { #expect(error is InputError) }
      }
    }
  }

  @Test("impossible sizes are refused before memory is taken")
  func hugeSizes() throws {
    try FixtureFolder.withTemporary { folder in
      let ones = [UInt8](repeating: 0xFF, count: 12)
      for sizes: [UInt8] in [ones, [0x7F] + ones.dropLast(), [0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1]] {
        let path = try folder.write("x", [0, 0, 8, 3] + sizes + [0])
        #expect(throws: InputError.self) { try IDXImages.open(images: path, labels: nil) }
      }
    }
  }
}
