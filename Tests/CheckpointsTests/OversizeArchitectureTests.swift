import Basics
import Checkpoints
import Foundation
import Testing

/// A small file may describe a network that no memory holds.
@Suite("Oversize architectures")
struct OversizeArchitectureTests {
  static func song(resolution: Int, channels: Int, multipliers: [Int], attention: [Int]) -> Architecture {
    var song = SongUNetArchitecture(imageResolution: resolution, inputChannels: 1, outputChannels: 1)
    (song.modelChannels, song.channelMultipliers, song.attentionResolutions) = (channels, multipliers, attention)
    return Architecture(
      preconditioning: .edm(sigmaData: 0.5), network: .song(song), imageResolution: resolution, imageChannels: 1,
      labelDimension: 0)
  }

  static func edm2(resolution: Int, channels: [Int], attention: [Int]) -> Architecture {
    var unet = EDM2UNetArchitecture(imageResolution: resolution, imageChannels: 1, channels: channels)
    unet.attentionResolutions = attention
    return Architecture(
      preconditioning: .edm(sigmaData: 0.5), network: .edm2(unet), imageResolution: resolution, imageChannels: 1,
      labelDimension: 0)
  }

  static let oversize: [(architecture: Architecture, place: String)] = [
    (song(resolution: 8192, channels: 4, multipliers: [1], attention: []), "image resolution"),
    (song(resolution: 1024, channels: 4, multipliers: [1], attention: []), "attention at resolution 1024"),
    (song(resolution: 1024, channels: 4, multipliers: [1, 1, 1, 1], attention: [512]), "attention at resolution 512"),
    (
      song(resolution: 1024, channels: 1024, multipliers: [1, 1, 1, 1, 1], attention: []),
      "activation at resolution 1024"
    ),
    (edm2(resolution: 1024, channels: [1024, 64], attention: []), "activation at resolution 1024"),
    (edm2(resolution: 1024, channels: [64, 64], attention: [1024]), "attention at resolution 1024"),
    (edm2(resolution: 512, channels: [64], attention: []), "attention at resolution 512"),
  ]

  @Test("are refused by the file's reader in no time, naming what would be too large", arguments: oversize.indices)
  func refused(index: Int) throws {
    let (architecture, place) = Self.oversize[index]
    var checkpoint = try Fixtures.load("tiny-4.pkl")
    checkpoint.architecture = architecture
    try Fixtures.withFolder { folder in
      let file = folder.appendingPathComponent("oversize.safetensors").path
      try checkpoint.writeSafetensors(to: file)
      let start = processorSeconds()
      let error = try #require(throws: InputError.self) { try Checkpoint.load(path: file) }
      #expect(error.location?.contains(place) == true && error.file == file, "\(error)")
      #expect(processorSeconds() - start < 1)
    }
  }

  /// Of this thread: other tests' work does not count.
  private func processorSeconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }

  @Test("and those that exist are not", arguments: [32, 64, 256, 512])
  func published(resolution: Int) throws {
    // ADM's largest: 512×512, 256 channels, attention at 32, 16 and 8.
    let levels = resolution > 64 ? [1, 1, 2, 2, 4, 4] : [1, 2, 2, 2]
    var adm = DhariwalUNetArchitecture(imageResolution: resolution, inputChannels: 3, outputChannels: 3)
    (adm.modelChannels, adm.channelMultipliers, adm.attentionResolutions) = (256, levels, [32, 16, 8])
    let architecture = Architecture(
      preconditioning: .edm(sigmaData: 0.5), network: .dhariwal(adm), imageResolution: resolution, imageChannels: 3,
      labelDimension: 0)
    try architecture.validate(file: "adm")
    // EDM2's xl at 64², as wide at every size.
    try Self.edm2(resolution: resolution, channels: [384, 768, 1152, 1536], attention: [16, 8]).validate(file: "edm2")
  }

  @Test("a header that would become a hundred times its size in memory is refused")
  func manyValues() throws {
    let header = "{\"a\":[" + String(repeating: "0,", count: 1 << 20) + "0]}"
    try Fixtures.withFolder { folder in
      let bytes = withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian, Array.init) + Array(header.utf8)
      let error = try #require(try Fixtures.refusal(of: bytes, in: folder))
      #expect(error.problem.contains("too many values"), "\(error)")
    }
  }
}
