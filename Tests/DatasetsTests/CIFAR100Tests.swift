import Basics
import Datasets
import Foundation
import Testing

@Suite("CIFAR-100")
struct CIFAR100Tests {
  private static func withFolder(_ body: (URL) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("cifar100-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try body(folder)
  }

  /// Two records: superclasses 3 and 19, classes 42 and 99.
  private static let records: [UInt8] =
    [3, 42] + [UInt8](repeating: 51, count: 3072) + [19, 99] + [UInt8](repeating: 255, count: 3072)

  @Test("binary batches have fine and coarse labels")
  func binary() throws {
    try Self.withFolder { folder in
      try Data(Self.records).write(to: folder.appendingPathComponent("test.bin"))
      let fine = try DataSource.open("cifar100:\(folder.path)", resources: nil)
      #expect(fine.count == 2 && fine.imageShape == ImageShape(channels: 3, height: 32, width: 32))
      #expect(try (fine.image(at: 0).label, fine.image(at: 1).label) == (42, 99))
      #expect(try fine.image(at: 0).pixels.allSatisfy { $0 == 0.2 })
      let coarse = try DataSource.open("cifar100-coarse:\(folder.path)", resources: nil)
      #expect(try (coarse.image(at: 0).label, coarse.image(at: 1).label) == (3, 19))
    }
  }

  @Test("Python batches have fine and coarse labels")
  func pickles() throws {
    // {'data': numpy.frombuffer(bytes(3072)).reshape(1, 3072), 'fine_labels': [7], 'coarse_labels': [2]} in protocol 2's
    // opcodes, by hand.
    func text(_ word: String) -> [UInt8] { [0x8C, UInt8(word.utf8.count)] + Array(word.utf8) }
    func global(_ module: String, _ name: String) -> [UInt8] { Array("c\(module)\n\(name)\n".utf8) }
    var pickle: [UInt8] = [0x80, 4, 0x7D, 0x28]
    pickle += text("data") + global("numpy.core.multiarray", "_reconstruct") + global("numpy", "ndarray")
    pickle += [0x4B, 0, 0x85, 0x43, 1, 0x62, 0x87, 0x52, 0x28, 0x4B, 1, 0x4B, 1, 0x4D, 0, 12, 0x86]
    pickle += global("numpy", "dtype") + text("u1") + [0x89, 0x88, 0x87, 0x52, 0x28, 0x4B, 3] + text("|")
    pickle += [0x4E, 0x4E, 0x4E, 0x4A, 255, 255, 255, 255, 0x4A, 255, 255, 255, 255, 0x4B, 0, 0x74, 0x62, 0x89]
    pickle += [0x42, 0, 12, 0, 0] + [UInt8](repeating: 51, count: 3072) + [0x74, 0x62]
    pickle += text("fine_labels") + [0x5D, 0x4B, 7, 0x61] + text("coarse_labels") + [0x5D, 0x4B, 2, 0x61, 0x75, 0x2E]
    try Self.withFolder { folder in
      try Data(pickle).write(to: folder.appendingPathComponent("test"))
      #expect(try CIFAR100.open(folder.path).image(at: 0).label == 7)
      #expect(try CIFAR100.open(folder.path, labels: .coarse).image(at: 0).label == 2)
      #expect(try CIFAR100.open(folder.path).image(at: 0).pixels.allSatisfy { $0 == 0.2 })
    }
  }

  @Test("damaged batches are refused")
  func refusals() throws {
    try Self.withFolder { folder in
      let file = folder.appendingPathComponent("test.bin")
      for (bytes, problem) in [
        (Array(Self.records.dropLast()), "whole number"),
        ([20, 0] + [UInt8](repeating: 0, count: 3072), "unknown label"),
        ([0, 100] + [UInt8](repeating: 0, count: 3072), "unknown label"),
      ] {
        try Data(bytes).write(to: file)
        let error = try #require(throws: InputError.self) {
          _ = try CIFAR100.open(file.path, labels: .coarse)
          _ = try CIFAR100.open(file.path)
        }
        #expect(error.problem.contains(problem))
      }
      #expect(throws: InputError.self) { try CIFAR100.open(folder.path, training: true) }
    }
  }
}
