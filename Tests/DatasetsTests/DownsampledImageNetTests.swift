import Basics
import Datasets
import Foundation
import NumPyFiles
import Testing

@Suite("Downsampled ImageNet")
struct DownsampledImageNetTests {
  /// A pickle of protocol 2 and later by hand: {'data': N rows of 3·S² bytes, 'labels': a list, 'mean': None}.
  private static func pickle(
    side: Int, labels: [Int], pixel: UInt8 = 51, isArray: Bool = false, hasMean: Bool = false
  ) -> Data {
    func text(_ word: String) -> [UInt8] { [0x8C, UInt8(word.utf8.count)] + Array(word.utf8) }
    func global(_ module: String, _ name: String) -> [UInt8] { Array("c\(module)\n\(name)\n".utf8) }
    func integer(_ value: Int) -> [UInt8] { [0x4A] + (0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) } }
    func array(_ shape: [Int], type: String, bytes: [UInt8]) -> [UInt8] {
      var code = global("numpy.core.multiarray", "_reconstruct") + global("numpy", "ndarray")
      code += [0x4B, 0, 0x85, 0x43, 1, 0x62, 0x87, 0x52, 0x28, 0x4B, 1, 0x28] + shape.flatMap(integer) + [0x74]
      code += global("numpy", "dtype") + text(type) + [0x89, 0x88, 0x87, 0x52]
      code += [0x28, 0x4B, 3] + text(type.hasSuffix("1") ? "|" : "<") + [0x4E, 0x4E, 0x4E]
      code += [0x4A, 0xFF, 0xFF, 0xFF, 0xFF, 0x4A, 0xFF, 0xFF, 0xFF, 0xFF, 0x4B, 0, 0x74, 0x62, 0x89]
      return code + [0x42] + integer(bytes.count).dropFirst() + bytes + [0x74, 0x62]
    }
    let row = 3 * side * side
    var code: [UInt8] = [0x80, 4, 0x7D, 0x28] + text("data")
    code += array(
      [labels.count, row], type: "u1", bytes: [UInt8](repeating: pixel, count: labels.count * row))
    code += text("labels")
    if isArray {
      let bytes = labels.flatMap { label in (0..<8).map { UInt8(truncatingIfNeeded: label >> (8 * $0)) } }
      code += array([labels.count], type: "i8", bytes: bytes)
    } else {
      code += [0x5D, 0x28] + labels.flatMap(integer) + [0x65]
    }
    if hasMean { code += text("mean") + [0x4E] }
    return Data(code + [0x75, 0x2E])
  }

  private static func withFolder(_ body: (URL) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("imagenet-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try body(folder)
  }

  @Test("the list is a permutation, and the kit's known places are where its own files put them")
  func list() throws {
    #expect(Set(ImageNet1k.classNames).count == 1000 && ImageNet1k.classNames == ImageNet1k.classNames.sorted())
    // ILSVRC2012_val_00000001 is 490, a sea snake; label 65 of the models.
    for (synset, label) in [
      ("n01440764", 0), ("n02119789", 278), ("n01751748", 65), ("n03255030", 543), ("n15075141", 999),
    ] { #expect(ImageNet1k.label(synset: synset) == label) }
    try Self.withFolder { folder in
      let file = folder.appendingPathComponent("val_data")
      try Self.pickle(side: 8, labels: Array(1...1000)).write(to: file)
      let set = try DataSource.open(file.path, resources: nil)
      let labels = try (0..<1000).map { try #require(try set.label(at: $0)) }
      #expect(labels.sorted() == Array(0..<1000))
      let known = [0, 448, 489, 999].map { labels[$0] }
      #expect(known == [278, 0, 65, 543])
    }
  }

  @Test("pickles and archives, files and folders, named and recognised, are the same data", arguments: [8, 64])
  func forms(side: Int) throws {
    try Self.withFolder { folder in
      func path(_ name: String) -> String { folder.appendingPathComponent(name).path }
      for name in ["pickles", "archives"] {
        try FileManager.default.createDirectory(atPath: path(name), withIntermediateDirectories: true)
      }
      try Self.pickle(side: side, labels: [449, 1, 490]).write(to: URL(fileURLWithPath: path("pickles/val_data")))
      try FileManager.default.copyItem(
        atPath: FixtureFolder.path("imagenet/\(side).npz"), toPath: path("archives/val_data.npz"))
      try Self.pickle(side: side, labels: [449, 1, 490], isArray: true).write(to: URL(fileURLWithPath: path("other")))
      var digests: Set<String> = []
      for source in [
        path("pickles"), "imagenet:" + path("pickles"), path("pickles/val_data"), path("archives"),
        "imagenet:" + path("archives/val_data.npz"), "npz:" + path("archives/val_data.npz"), path("other"),
      ] + (side == 8 ? [FixtureFolder.path("imagenet/8")] : []) {
        let set = try DataSource.open(source, resources: nil)
        #expect(set.count == 3 && set.imageShape == ImageShape(channels: 3, height: side, width: side))
        let labels = try (0..<3).map { try set.label(at: $0) }
        #expect(labels == [0, 278, 65])
        #expect(set.classNames[65] == "n01751748 sea snake" && set.classCount == 1000)
        #expect(set.notices.contains { $0.contains("mapped by synset") && $0.contains("is 278") })
        #expect(try set.image(at: 2).pixels.allSatisfy { $0 == 0.2 })
        digests.insert(try set.digest())
      }
      #expect(digests.count == 1)
    }
  }

  @Test("a model that names its classes by synset has them in its own order")
  func ownOrder() throws {
    try Self.withFolder { folder in
      let file = folder.appendingPathComponent("val_data")
      try Self.pickle(side: 16, labels: [449, 1]).write(to: file)
      let backwards: [String] = ImageNet1k.classNames.reversed()
      let set = try DataSource.open(file.path, resources: nil, knownClasses: backwards)
      #expect(try set.label(at: 0) == 999 && set.label(at: 1) == 721 && set.classNames == backwards)
      #expect(set.notices.contains { $0.contains("the model's classes") })
      let error = try #require(throws: InputError.self) {
        try DataSource.open(file.path, resources: nil, knownClasses: CIFAR10.classNames)
      }
      #expect("\(error)".contains("the model's classes are others"))
    }
  }

  @Test("batches of CIFAR's size are told apart by their labels")
  func sizes() throws {
    try Self.withFolder { folder in
      let file = folder.appendingPathComponent("batch")
      try Self.pickle(side: 32, labels: [449, 1, 490]).write(to: file)
      #expect(try DataSource.open(file.path, resources: nil).label(at: 0) == 0)
      try Self.pickle(side: 32, labels: [9, 1, 3]).write(to: file)
      #expect(try DataSource.open(file.path, resources: nil).classNames == CIFAR10.classNames)
      try Self.pickle(side: 32, labels: [9, 1, 3], hasMean: true).write(to: file)
      #expect(try DataSource.open(file.path, resources: nil).classCount == 1000)
      #expect(try DataSource.open("imagenet:" + file.path, resources: nil).classCount == 1000)
    }
  }

  @Test("training batches follow in their order, the split is named, and missing ones are said")
  func training() throws {
    try Self.withFolder { folder in
      for (batch, label) in [(10, 1), (2, 449)] {
        try Self.pickle(side: 8, labels: [label]).write(to: folder.appendingPathComponent("train_data_batch_\(batch)"))
      }
      let set = try DataSource.open("imagenet-train:" + folder.path, resources: nil)
      #expect(try set.label(at: 0) == 0 && set.label(at: 1) == 278)
      #expect(set.notices.contains { $0.contains("2 of the 10 training batches") })
      let error = try #require(throws: InputError.self) { try DataSource.open(folder.path, resources: nil) }
      #expect("\(error)".contains("imagenet-train:"))
      try Self.pickle(side: 16, labels: [1]).write(to: folder.appendingPathComponent("train_data_batch_3"))
      #expect(throws: InputError.self) { try DataSource.open("imagenet-train:" + folder.path, resources: nil) }
    }
  }

  @Test("what is no batch is refused by its field", arguments: [0, 1001, -5])
  func refused(label: Int) throws {
    try Self.withFolder { folder in
      let file = folder.appendingPathComponent("val_data")
      try Self.pickle(side: 64, labels: [1, label]).write(to: file)
      let error = try #require(throws: InputError.self) { try DataSource.open(file.path, resources: nil) }
      #expect("\(error)".contains("field 'labels', element 1") && "\(error)".contains("1 to 1000"))
      #expect(error.file == file.path)
      // 3·5² is no size.
      try Self.pickle(side: 5, labels: [1, 2]).write(to: file)
      let shape = try #require(throws: InputError.self) {
        try DataSource.open("imagenet:" + file.path, resources: nil)
      }
      #expect("\(shape)".contains("not ImageNet's pixels"))
      let cut = Self.pickle(side: 8, labels: [1, 2])
      try cut.prefix(cut.count - 40).write(to: file)
      #expect(throws: InputError.self) { try DataSource.open("imagenet:" + file.path, resources: nil) }
    }
  }
}
