import Basics
import Foundation
import FuzzEntries
import TestSupport
import Testing

@Suite("The fuzz corpus")
struct CorpusTests {
  private static let folder = Repository.root.appendingPathComponent("Fuzz/Corpus")

  /// Seeds that must be refused; every other one must be accepted. Of a regression only the ending counts.
  private static let refused: Set<String> = [
    "checkpoint/bad-cycle.pkl", "checkpoint/bad-deep.pkl", "checkpoint/bad-strides.pkl", "checkpoint/bad-view.pkl",
    "checkpoint/bad-edm2-heads.pkl", "checkpoint/bad-edm2-huge.pkl", "checkpoint/bad-edm2-latent.pkl",
    "checkpoint/bad-edm2-levels.pkl", "state-dictionary/bad-edm2-latent.pt",
    "state-dictionary/bad-module.pt", "state-dictionary/bad-huge-shape.pt", "state-dictionary/bad-stream-huge.pt",
    "diffusers/bad-huge", "description/bad-keys",
    "npy/objects.npy", "npy/structured.npy",
    // Archives whose arrays are read, and which hold no pictures.
    "npz/deflated.npz", "npz/stored.npz", "npz/zip64.npz",
    // Labels where pictures are wanted.
    "idx/tiny-labels-idx1-ubyte", "idx/zipped-labels-idx1-ubyte.gz",
    "png/bomb.png", "png/grey-key.png", "png/huge.png", "png/palette-transparent.png", "png/too-wide.png",
    "png/transparent.png", "jpeg/cmyk.jpg",
  ]

  /// The target's inputs by name, in order.
  private static func inputs(_ target: FuzzTarget) throws -> [(name: String, bytes: [UInt8])] {
    let place = folder.appendingPathComponent(target.rawValue)
    return try FileManager.default.contentsOfDirectory(atPath: place.path).sorted().map { name in
      (name, [UInt8](try Data(contentsOf: place.appendingPathComponent(name))))
    }
  }

  private static func withFolder(_ body: (FuzzFolder) throws -> Void) throws {
    let folder = try FuzzFolder()
    defer { folder.remove() }
    try body(folder)
  }

  @Test("every target has inputs, and every folder of inputs a target")
  func pairs() throws {
    let folders = try FileManager.default.contentsOfDirectory(atPath: Self.folder.path)
    #expect(Set(folders) == Set(FuzzTarget.allCases.map(\.rawValue)))
    for target in FuzzTarget.allCases {
      let names = try Self.inputs(target).map(\.name)
      #expect(!names.isEmpty, "\(target)")
      // A fuzzer names what it finds by digests: not for keeping unnamed.
      #expect(!names.contains { $0.count == 40 && $0.allSatisfy(\.isHexDigit) }, "\(target)")
    }
  }

  @Test("known good inputs are accepted and known bad ones refused", arguments: FuzzTarget.allCases)
  func replay(target: FuzzTarget) throws {
    try Self.withFolder { folder in
      for (name, bytes) in try Self.inputs(target) {
        let isAccepted = try bytes.withUnsafeBytes { try target.accepts($0, in: folder) }
        guard !name.hasPrefix("regression-") else { continue }
        let place = "\(target.rawValue)/\(name)"
        #expect(isAccepted == !Self.refused.contains(place), "\(place)")
      }
    }
  }

  @Test("damaged inputs are accepted or refused, never anything else", arguments: FuzzTarget.allCases)
  func mutations(target: FuzzTarget) throws {
    try Self.withFolder { folder in
      let inputs = try Self.inputs(target)
      let rounds = max(1, 600 / inputs.count)
      var refused = 0
      for (number, input) in inputs.enumerated() {
        var mutator = InputMutator(seed: UInt64(number))
        for _ in 0..<rounds {
          let bytes = mutator.damaged(input.bytes)
          if try !bytes.withUnsafeBytes({ try target.accepts($0, in: folder) }) { refused += 1 }
        }
      }
      // Noise is noticed: a target that accepts everything reads nothing.
      #expect(refused > 0, "\(target)")
    }
  }

  @Test("nothing but an InputError or a UsageError passes for a refusal")
  func plantedFault() throws {
    struct Defect: Error {}
    #expect(try !FuzzTarget.isAccepted { throw InputError("damaged") })
    #expect(try !FuzzTarget.isAccepted { throw UsageError("impossible") })
    #expect(try FuzzTarget.isAccepted {})
    #expect(throws: Defect.self) { try FuzzTarget.isAccepted { throw Defect() } }
  }
}
