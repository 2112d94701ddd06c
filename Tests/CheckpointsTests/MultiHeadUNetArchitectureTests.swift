import Basics
import Checkpoints
import Foundation
import Testing

@Suite("Architectures of multi-head networks")
struct MultiHeadUNetArchitectureTests {
  private static func architecture(
    _ preconditioning: Preconditioning = .edm(sigmaData: 0.5),
    _ change: (inout MultiHeadUNetArchitecture) -> Void = { _ in }
  ) -> Architecture {
    var network = MultiHeadUNetArchitecture(imageResolution: 32, imageChannels: 3, labelDimension: 10)
    change(&network)
    return Architecture(
      preconditioning: preconditioning, network: .multiHead(network), imageResolution: 32, imageChannels: 3,
      labelDimension: 10)
  }

  @Test("the trained network's is sound, and survives its JSON")
  func sound() throws {
    let architecture = Self.architecture()
    try architecture.validate(file: "x")
    let data = try JSONEncoder().encode(architecture)
    #expect(try JSONDecoder().decode(Architecture.self, from: data) == architecture)
    // As Training/export.py writes it.
    let written = #"""
      {"imageChannels":3,"imageResolution":32,"labelDimension":10,"network":{"channels":[64,128,256],"decoderBlocks":[1,1],"embeddingChannels":128,"encoderBlocks":[2,3,3],"imageChannels":3,"imageResolution":32,"kind":"MultiHeadUNet","labelDimension":10,"noiseChannels":64,"patch":2},"preconditioning":{"kind":"EDM","sigmaData":0.5}}
      """#
    #expect(try JSONDecoder().decode(Architecture.self, from: Data(written.utf8)) == architecture)
  }

  private static let impossible: [(field: String, change: @Sendable (inout MultiHeadUNetArchitecture) -> Void)] = [
    ("imageResolution", { $0.imageResolution = 30 }), ("imageResolution", { $0.imageResolution = 64 }),
    ("imageResolution", { $0.patch = 3 }), ("patch", { $0.patch = 0 }), ("patch", { $0.patch = 65 }),
    ("imageChannels", { $0.imageChannels = 1 }), ("labelDimension", { $0.labelDimension = 9 }),
    ("labelDimension", { $0.labelDimension = 65537 }), ("labelDimension", { $0.labelDimension = -1 }),
    ("number of channels", { $0.channels = [] }), ("channels", { $0.channels[1] = 3 }),
    ("channels", { $0.channels[0] = 1 << 40 }), ("encoderBlocks", { $0.encoderBlocks = [2, 3] }),
    ("encoderBlocks", { $0.encoderBlocks[1] = 0 }), ("encoderBlocks", { $0.encoderBlocks[0] = -1 }),
    ("decoderBlocks", { $0.decoderBlocks = [1, 1, 1] }), ("decoderBlocks", { $0.decoderBlocks[0] = 257 }),
    ("noiseChannels", { $0.noiseChannels = 63 }), ("noiseChannels", { $0.noiseChannels = 0 }),
    ("embeddingChannels", { $0.embeddingChannels = 1 << 20 }),
  ]

  @Test("impossible numbers are refused by field, before anything is made of them", arguments: impossible.indices)
  func refused(place: Int) throws {
    let (field, change) = Self.impossible[place]
    let error = try #require(throws: InputError.self) {
      try Self.architecture(.edm(sigmaData: 0.5), change).validate(file: "x")
    }
    #expect(error.file == "x" && error.location?.contains("\(field) of MultiHeadUNet") == true, "\(error)")
  }

  @Test("more heads than memory could hold, and other preconditioners, are refused")
  func limits() throws {
    var large = MultiHeadUNetArchitecture(imageResolution: 1024, imageChannels: 3, labelDimension: 1000)
    large.channels = [4]
    large.encoderBlocks = [1]
    large.decoderBlocks = []
    let architecture = Architecture(
      preconditioning: .edm(sigmaData: 0.5), network: .multiHead(large), imageResolution: 1024, imageChannels: 3,
      labelDimension: 1000)
    let error = try #require(throws: InputError.self) { try architecture.validate(file: "x") }
    #expect("\(error)".contains("bytes of the heads"), "\(error)")
    #expect(throws: InputError.self) { try Self.architecture(.ve).validate(file: "x") }
  }
}
