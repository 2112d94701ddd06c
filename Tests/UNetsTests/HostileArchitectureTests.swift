import Basics
import Checkpoints
import Diffusion
import TestSupport
import Testing
import UNets

/// Architectures that no training script writes: refused, or evaluated with every number defined.
@Suite struct HostileArchitectureTests {
  private static let edges = [-1, 0, 1, 2, 3, 4, 6, 12, 14, 20, 31, 62, 64, 100, 132, 200, 255, 1024, 1 << 31, 1 << 62]

  /// Gives the network zeros for whatever tensors it asks for; nil where it asks for more than a test should have.
  private static func network(_ architecture: Architecture, most: Int = 1 << 17) throws -> UNetDenoiser? {
    var checkpoint = Checkpoint(
      file: "hostile", digest: String(repeating: "0", count: 64), architecture: architecture, tensors: [:])
    while true {
      do {
        return try UNetDenoiser(checkpoint)
      } catch let error as InputError where error.problem.contains("none of that name") {
        let name = error.location?.split(separator: "\"").dropFirst().first.map(String.init) ?? ""
        let sizes = error.expected?.filter { $0.isNumber || $0 == "," }.split(separator: ",").compactMap { Int($0) }
        guard let sizes, !name.isEmpty, checkpoint.tensors[name] == nil else { throw error }
        var count = 1
        for size in sizes {
          let (product, overflow) = count.multipliedReportingOverflow(by: size)
          guard !overflow, product <= most else { return nil }
          count = product
        }
        checkpoint.tensors[name] = CheckpointTensor([Float](repeating: 0.01, count: count), shape: sizes)
      }
    }
  }

  private static func architecture(_ random: inout SplitMix64) -> Architecture {
    func pick<Value>(_ usual: [Value], _ odd: [Value]) -> Value {
      let values = Int.random(in: 0..<6, using: &random) == 0 ? odd : usual
      return values[Int.random(in: 0..<values.count, using: &random)]
    }
    let resolution = pick([1, 2, 3, 4, 6, 8], edges)
    let channels = pick([1, 2, 3], edges)
    let labels = pick([0, 1, 3], edges)
    let model = pick([4, 6, 8, 12, 14, 20, 36], edges)
    let multipliers = pick(
      [[1], [1, 1], [2, 1], [1, 3]], [[], [0], [1, 0], [1 << 40, 2], Array(repeating: 1, count: 40)])
    let attended = pick([[], [resolution], [1, 2, 4]], [edges])
    let blocks = pick([1, 2], edges)
    let network: Architecture.Network
    if Bool.random(using: &random) {
      var song = SongUNetArchitecture(imageResolution: resolution, inputChannels: channels, outputChannels: channels)
      (song.modelChannels, song.channelMultipliers, song.labelDimension) = (model, multipliers, labels)
      (song.attentionResolutions, song.blocks, song.embeddingMultiplier) = (attended, blocks, pick([1, 2], edges))
      song.encoder = pick(SongUNetArchitecture.Encoder.allCases, [.standard])
      song.decoder = pick(SongUNetArchitecture.Decoder.allCases, [.standard])
      song.embedding = pick(SongUNetArchitecture.Embedding.allCases, [.fourier])
      song.resampleFilter = pick(
        [[1, 1], [1, 3, 3, 1]], [[], [1], [0, 0], [.nan, 1], Array(repeating: 1, count: 64)])
      network = .song(song)
    } else {
      var adm = DhariwalUNetArchitecture(
        imageResolution: resolution, inputChannels: channels, outputChannels: channels)
      (adm.modelChannels, adm.channelMultipliers, adm.labelDimension) = (model, multipliers, labels)
      (adm.attentionResolutions, adm.blocks, adm.embeddingMultiplier) = (attended, blocks, pick([1, 2], edges))
      network = .dhariwal(adm)
    }
    return Architecture(
      preconditioning: pick(
        [.edm(sigmaData: 0.5)], [.edm(sigmaData: 0), .ve, .vp(betaD: 1, betaMin: .nan, steps: -1)]),
      network: network, imageResolution: resolution, imageChannels: channels, labelDimension: labels)
  }

  private static func edm2(_ random: inout SplitMix64) -> Architecture {
    func pick<Value>(_ usual: [Value], _ odd: [Value]) -> Value {
      let values = Int.random(in: 0..<9, using: &random) == 0 ? odd : usual
      return values[Int.random(in: 0..<values.count, using: &random)]
    }
    let resolution = pick([2, 4, 8], [-1, 0, 1, 3, 16, 1 << 31])
    var unet = EDM2UNetArchitecture(
      imageResolution: resolution, imageChannels: pick([1, 3], [0, 2, 2048]),
      channels: pick([[4], [5, 8], [8, 3]], [[], [0], [8, -1], [1 << 40], Array(repeating: 1, count: 40)]))
    unet.labelDimension = pick([0, 1, 3], [-1, 1 << 31])
    // Every tensor is asked for by building what there is anew: few blocks.
    unet.blocks = pick([1, 2], [-1, 0, 257, 1 << 31])
    unet.attentionResolutions = pick([[], [4], [2, 4, 8]], [edges])
    unet.channelsPerHead = pick([1, 4, 5, 64], [-1, 0, 1 << 31])
    unet.noiseChannels = pick([1, 5, 8], [0, -1, 1 << 31])
    unet.embeddingChannels = pick([1, 8], [0, -1, 1 << 31])
    unet.resampleFilter = pick([[1, 1], [1, 3, 3, 1]], [[], [1], [0, 0], [.nan, 1]])
    unet.activationLimit = pick([nil, 256, 0.5, 0], [-1, .nan, .infinity])
    unet.labelBalance = pick([0, 0.5, 1], [-1, .nan])
    unet.concatenationBalance = pick([0, 0.5, 1], [2, .infinity])
    return Architecture(
      preconditioning: .edm(sigmaData: 0.5), network: .edm2(unet), imageResolution: resolution,
      imageChannels: unet.imageChannels, labelDimension: unet.labelDimension)
  }

  @Test("and so is one of EDM2's")
  func edm2Networks() throws {
    var random = SplitMix64(state: 2_020)
    try Self.tryNetworks(80) { Self.edm2(&random) }
  }

  @Test("whatever the numbers, a network is refused or evaluates the same on memory with a past")
  func random() throws {
    var random = SplitMix64(state: 2_402)
    try Self.tryNetworks(300) { Self.architecture(&random) }
  }

  private static func tryNetworks(_ count: Int, _ make: () -> Architecture) throws {
    var (refused, evaluated) = (0, 0)
    for _ in 0..<count {
      let architecture = make()
      do {
        // As `Checkpoint.load` does with what it has read.
        try architecture.validate(file: "hostile")
        guard let network = try Self.network(architecture) else { continue }
        let label = architecture.labelDimension > 0 ? 0 : nil
        let queries = [DenoiserQuery(noise: ModelNoise(1), label: label)]
        let input = (0..<network.imageShape.count).map { Float($0 % 7) / 7 }
        // Two evaluators lie in different memory: a value nobody wrote would show.
        let fresh = try network.makeEvaluator().denoised(queries, input)
        let again = try network.makeEvaluator()
        _ = try again.denoised(queries, input.map { $0 * 100 - 3 })
        #expect(try again.denoised(queries, input).map(\.bitPattern) == fresh.map(\.bitPattern), "\(architecture)")
        evaluated += 1
      } catch is InputError {
        refused += 1
      }
    }
    #expect(refused > count / 10 && evaluated > count / 10, "\(refused) refused, \(evaluated) evaluated")
  }

  @Test("channels that make no equal groups or heads are refused, as PyTorch refuses them")
  func unequal() throws {
    var song = SongUNetArchitecture(imageResolution: 4, inputChannels: 1, outputChannels: 1)
    (song.modelChannels, song.channelMultipliers, song.blocks, song.attentionResolutions) = (14, [1], 1, [])
    let groups = try #require(throws: InputError.self) {
      _ = try Self.network(
        Architecture(
          preconditioning: .edm(sigmaData: 0.5), network: .song(song), imageResolution: 4, imageChannels: 1,
          labelDimension: 0))
    }
    #expect(groups.problem.contains("equal groups") && groups.location?.contains("norm0") == true, "\(groups)")

    var adm = DhariwalUNetArchitecture(imageResolution: 2, inputChannels: 1, outputChannels: 1)
    (adm.modelChannels, adm.channelMultipliers, adm.blocks, adm.embeddingMultiplier) = (224, [1], 1, 1)
    adm.attentionResolutions = []
    let heads = try #require(throws: InputError.self) {
      _ = try Self.network(
        Architecture(
          preconditioning: .edm(sigmaData: 0.5), network: .dhariwal(adm), imageResolution: 2, imageChannels: 1,
          labelDimension: 0), most: 1 << 22)
    }
    #expect(heads.problem.contains("equal heads"), "\(heads)")
  }
}
