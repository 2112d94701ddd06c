import Basics
import Datasets
import Foundation
import Testing

@Suite("Reading CIFAR-10")
struct CIFAR10Tests {
  /// Picture i of make_fixtures.py.
  static func expected(_ image: Int) -> [Float] {
    (0..<3072).map { Float((37 * ($0 / 4) + 101 * image) % 256) / 255 }
  }

  @Test(
    "binary batches, Python 2's and Python 3's pickles give the same pictures",
    arguments: [
      "cifar10:cifar-binary", "cifar10:cifar-binary/test_batch.bin", "cifar-binary", "cifar10:cifar-pickles",
      "cifar10:cifar-pickles/test_batch", "cifar-pickles/test_batch", "cifar-pickles", "cifar10-train:cifar-pickles",
    ])
  func sources(source: String) throws {
    let parts = source.split(separator: ":")
    let prefix = parts.count == 2 ? "\(parts[0]):" : ""
    let set = try DataSource.open(prefix + FixtureFolder.path(String(parts[parts.count - 1])), resources: nil)
    #expect(set.count == 2)
    #expect(set.imageShape == ImageShape(channels: 3, height: 32, width: 32))
    #expect(set.classCount == 10)
    for (index, label) in [8, 2].enumerated() {
      #expect(try set.image(at: index) == LabeledImage(index: index, pixels: Self.expected(index), label: label))
    }
  }

  @Test("batches are told by their names, and the folder that theirs lies in")
  func named() throws {
    let here = FixtureFolder.path("cifar-binary")
    for source in [here, here + "/test_batch.bin", FixtureFolder.path("cifar-pickles"), "cifar10:anything"] {
      #expect(DataSource.isCIFAR10(source), "\(source)")
    }
    for source in [here + "/absent.bin", FixtureFolder.path("."), "cifar100:anything", "mnist"] {
      #expect(!DataSource.isCIFAR10(source), "\(source)")
    }
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("ndc-cifar-\(UUID())")
    defer { try? FileManager.default.removeItem(at: folder) }
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    try FileManager.default.copyItem(
      at: URL(fileURLWithPath: here), to: folder.appendingPathComponent("cifar-10-batches-bin"))
    #expect(DataSource.isCIFAR10(folder.path))
  }

  @Test("the bundled sample is the 499 test images that it should be")
  func sample() throws {
    let set = try DataSource.open("cifar10-sample", resources: IDXImagesTests.resources)
    #expect(set.count == 499 && set.name == "cifar10-sample" && set.classNames == CIFAR10.classNames)
    // Counts and first labels of every twentieth of the 9 979 test images.
    let labels = try (0..<499).map { try set.image(at: $0).label ?? -1 }
    let counts = (0..<10).map { label in labels.count { $0 == label } }
    #expect(counts == [59, 46, 55, 38, 47, 44, 52, 56, 56, 46])
    #expect(throws: InputError.self) { try DataSource.open("cifar10-sample", resources: nil) }
  }

  @Test("the training split of a folder is all its batches in order")
  func training() throws {
    let set = try CIFAR10.open(FixtureFolder.path("cifar-binary"), training: true)
    #expect(try (0..<2).map { try set.image(at: $0).label } == [5, 6])
    #expect(try set.image(at: 1).pixels == Self.expected(0))
  }

  @Test("a batch is known by its whole name: copies beside it are left out and named")
  func copies() throws {
    try FixtureFolder.withTemporary { folder in
      try folder.copy("cifar-binary/test_batch.bin", to: "test_batch (1).bin")
      let error = try #require(throws: InputError.self) { try CIFAR10.open(folder.url.path) }
      #expect(error.found == "test_batch (1).bin")
      try folder.copy("cifar-binary/test_batch.bin", to: "test_batch.bin")
      let set = try DataSource.open(folder.url.path, resources: nil)
      #expect(set.count == 2)
      #expect(set.notices.count == 1 && set.notices[0].contains("test_batch (1).bin"))
      // The copy by its name is a file like any other.
      #expect(try DataSource.open("cifar10:" + folder.path("test_batch (1).bin"), resources: nil).count == 2)
    }
    try FixtureFolder.withTemporary { folder in
      for name in ["data_batch_1", "data_batch_1 copy", "data_batch_6"] {
        try folder.copy("cifar-pickles/data_batch_1", to: name)
      }
      let set = try CIFAR10.open(folder.url.path, training: true)
      #expect(set.count == 2)
      #expect(set.notices.contains { $0.contains("data_batch_1 copy") && $0.contains("data_batch_6") })
      #expect(set.notices.contains { $0.contains("data_batch_5 missing") })
    }
  }

  @Test("class names come from the metadata, where there is some")
  func names() throws {
    #expect(try CIFAR10.open(FixtureFolder.path("cifar-binary")).classNames[0] == "airplane")
    #expect(try CIFAR10.open(FixtureFolder.path("cifar-pickles")).classNames[0] == "plane")
  }

  @Test("the digest does not depend on the packing")
  func digest() throws {
    let binary = try CIFAR10.open(FixtureFolder.path("cifar-binary")).digest()
    #expect(try CIFAR10.open(FixtureFolder.path("cifar-pickles")).digest() == binary)
    #expect(try CIFAR10.open(FixtureFolder.path("cifar-binary"), training: true).digest() != binary)
  }

  @Test("cut batches and unknown labels are refused")
  func badBinary() throws {
    let bytes = try FixtureFolder.bytes("cifar-binary/test_batch.bin")
    try FixtureFolder.withTemporary { folder in
      for count in [0, 1, 3072, 3074, 6145] {
        let path = try folder.write("x.bin", Array(bytes[..<count]))
        #expect(throws: InputError.self) { try CIFAR10.open(path) }
      }
      var changed = bytes
      changed[3073] = 10
      let path = try folder.write("x.bin", changed)
      let error = try #require(throws: InputError.self) { try CIFAR10.open(path) }
      #expect(error.location == "offset 3073" && error.found == "10")
    }
  }

  @Test("a cut pickle is refused, a changed byte around the pixels never a crash")
  func badPickle() throws {
    let bytes = try FixtureFolder.bytes("cifar-pickles/test_batch")
    // The pixels are bytes like any other: changes inside them are only other pictures.
    let pixels = bytes.count - 6144 - 40..<bytes.count - 40
    try FixtureFolder.withTemporary { folder in
      for index in bytes.indices where !pixels.contains(index) {
        let cut = try folder.write("cut", Array(bytes[..<index]))
        #expect(throws: InputError.self) { try CIFAR10.open(cut) }
        var changed = bytes
        changed[index] ^= 0xFF
        let path = try folder.write("changed", changed)
        do { _ = try CIFAR10.open(path) } catch { #expect(error is InputError, "byte \(index)") }
      }
    }
  }

  @Test("a folder without batches is refused")
  func absent() {
    #expect(throws: InputError.self) { try CIFAR10.open(FixtureFolder.path("")) }
    #expect(throws: InputError.self) { try CIFAR10.open("/nonexistent") }
  }
}
