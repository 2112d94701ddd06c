import Basics
import Datasets
import Foundation
import Testing

@Suite("Opening a data set by its name")
struct DataSourceTests {
  @Test(
    "what is no data set is an input error that names it",
    arguments: [
      "", "nonsense", "cifar11:/x", "npz:/nonexistent.npz", "npy:/nonexistent.npy,y.npy", "idx:/nonexistent",
      "folder:/nonexistent", "cifar10:/nonexistent", "mnist-train:/nonexistent",
    ])
  func unknown(source: String) {
    #expect(throws: InputError.self) { try DataSource.open(source, resources: nil) }
  }

  @Test(
    "one picture, a script and a labels file are not data sets",
    arguments: [
      "grey8.png", "grey.jpg", "make_fixtures.py", "tiny-labels-idx1-ubyte", "expected.npz",
    ])
  func notASet(name: String) throws {
    let error = try #require(throws: InputError.self) {
      try DataSource.open(FixtureFolder.path(name), resources: nil)
    }
    #expect(error.description.contains(name))
  }

  @Test(
    "torchvision's roots open at their test splits",
    arguments: [
      ("MNIST/raw", "mnist", 5), ("FashionMNIST/raw", nil, 5), ("raw", "mnist", 5),
      ("cifar-10-batches-py", "cifar10", 2), ("cifar-10-batches-bin", "cifar10", 2),
    ])
  func roots(inside: String, prefix: String?, count: Int) throws {
    try FixtureFolder.withTemporary { folder in
      if prefix == "cifar10" {
        let binary = inside.hasSuffix("bin")
        let file = binary ? "test_batch.bin" : "test_batch"
        try folder.copy("\(binary ? "cifar-binary" : "cifar-pickles")/\(file)", to: "\(inside)/\(file)")
        try folder.copy("cifar-binary/data_batch_1.bin", to: "\(inside)/data_batch_1.bin")
      } else {
        try folder.copy("tiny-images-idx3-ubyte", to: "\(inside)/t10k-images-idx3-ubyte")
        try folder.copy("tiny-labels-idx1-ubyte", to: "\(inside)/t10k-labels-idx1-ubyte")
      }
      for source in [folder.url.path, prefix.map { "\($0):" + folder.url.path }].compactMap(\.self) {
        #expect(try DataSource.open(source, resources: nil).count == count)
      }
    }
  }

  @Test(
    "MNIST's files are found with a dot before idx3, zipped, and in folders of their own names",
    arguments: ["t10k-images.idx3-ubyte", "t10k-images.idx3-ubyte.gz", "t10k-images-idx3-ubyte/t10k-images-idx3-ubyte"])
  func spellings(name: String) throws {
    try FixtureFolder.withTemporary { folder in
      let isZipped = name.hasSuffix(".gz")
      try folder.copy(isZipped ? "zipped-images-idx3-ubyte.gz" : "tiny-images-idx3-ubyte", to: name)
      try folder.copy(
        isZipped ? "zipped-labels-idx1-ubyte.gz" : "tiny-labels-idx1-ubyte",
        to: name.replacingOccurrences(of: "images", with: "labels").replacingOccurrences(of: "idx3", with: "idx1"))
      for source in [folder.url.path, "mnist:" + folder.url.path] {
        let set = try DataSource.open(source, resources: nil)
        #expect(try set.count == 5 && set.label(at: 4) == 5)
      }
    }
  }

  @Test("a folder of several data sets names them, one of a training split alone says how to take it")
  func several() throws {
    try FixtureFolder.withTemporary { folder in
      for set in ["MNIST", "FashionMNIST"] {
        try folder.copy("tiny-images-idx3-ubyte", to: "\(set)/raw/t10k-images-idx3-ubyte")
      }
      let error = try #require(throws: InputError.self) { try DataSource.open(folder.url.path, resources: nil) }
      #expect(error.expected?.contains("mnist:" + folder.path("FashionMNIST/raw")) == true)
    }
    try FixtureFolder.withTemporary { folder in
      try folder.copy("cifar-binary/data_batch_1.bin", to: "data_batch_1.bin")
      let error = try #require(throws: InputError.self) { try DataSource.open(folder.url.path, resources: nil) }
      #expect(error.expected?.contains("cifar10-train:" + folder.url.path) == true)
    }
  }

  @Test(
    "an archive says how it is unpacked, as a file and in its folder",
    arguments: [
      (
        "cifar-10-python.tar.gz",
        "H4sIAAAAAAACA0vOTEss0jU00E1KLEnOSC3WLajUL0pNTMlN1csoyc1hoAYwAAIzExMwDQToNBAYIbGB4obGJobmDAoGDHQApcUliUVA6xlGJsjIZBgFo2AUjFAAAPKMW0gABgAA",
        "tar -xf"
      ),
      ("pictures.zip", "", "unzip"),
    ])
  func archives(name: String, base64: String, command: String) throws {
    try FixtureFolder.withTemporary { folder in
      let bytes = name.hasSuffix(".zip") ? Self.zip : [UInt8](Data(base64Encoded: base64) ?? Data())
      let path = try folder.write(name, bytes)
      for source in [path, folder.url.path] {
        let error = try #require(throws: InputError.self) { try DataSource.open(source, resources: nil) }
        #expect(error.description.contains("unpacked first") && error.description.contains("\(command) \(path)"))
      }
    }
  }

  /// A stored zip of one empty file a.txt.
  private static let zip: [UInt8] =
    [0x50, 0x4B, 3, 4, 10] + [UInt8](repeating: 0, count: 21) + [5, 0, 0, 0] + Array("a.txt".utf8)
    + [0x50, 0x4B, 1, 2, 10, 0, 10] + [UInt8](repeating: 0, count: 21) + [5, 0] + [UInt8](repeating: 0, count: 16)
    + Array("a.txt".utf8) + [0x50, 0x4B, 5, 6, 0, 0, 0, 0, 1, 0, 1, 0, 51, 0, 0, 0, 35, 0, 0, 0, 0, 0]

  @Test(
    "a file of another kind is called by its name",
    arguments: [
      ("page.bin", "<!DOCTYPE html><html>", "an HTML page"),
      ("x.npz", "version https://git-lfs.github.com/spec/v1\n", "a Git LFS pointer"),
      ("t10k-images-idx3-ubyte", "GIF89a", "a GIF picture"), ("test_batch", "%PDF-1.7", "a PDF document"),
    ])
  func kinds(name: String, content: String, kind: String) throws {
    try FixtureFolder.withTemporary { folder in
      let path = try folder.write(name, Array(content.utf8))
      for prefix in ["", "npz:", "idx:", "cifar10:"] {
        let error = try #require(throws: InputError.self) { try DataSource.open(prefix + path, resources: nil) }
        #expect(error.file == path && error.description.contains(kind), "\(prefix)")
      }
    }
  }
}
