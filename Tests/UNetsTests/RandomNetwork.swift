import Basics
import Checkpoints
import Diffusion
import TestSupport

/// A random small architecture, its reference network in double precision, and questions to both.
struct RandomNetwork: CustomStringConvertible {
  let seed: UInt64
  let architecture: Architecture
  let checkpoint: Checkpoint
  let queries: [DenoiserQuery]
  let inputs: [Float]
  /// D of every query by the reference.
  let expected: [Float]

  var description: String { "seed \(seed): \(architecture)" }

  init(seed: UInt64) throws {
    self.seed = seed
    var random = SplitMix64(state: seed &* 7919 &+ 13)
    var attempt: UInt64 = 0
    while true {
      attempt += 1
      let architecture = Self.architecture(using: &random)
      let network = ReferenceNetwork(architecture, seed: seed &* 1000 + attempt)
      var normals = TestNormals(seed: seed &* 77 + attempt)
      let size = architecture.imageShape.count
      let count = Int.random(in: 1...6, using: &random)
      var queries: [DenoiserQuery] = []
      var inputs: [Float] = []
      var expected: [Float] = []
      do {
        for _ in 0..<count {
          let label =
            architecture.labelDimension == 0 ? nil : Int.random(in: -1..<architecture.labelDimension, using: &random)
          let sigma = Double(Float([0.1, 0.5, 1, 2, 5].randomElement(using: &random) ?? 1))
          let x = (0..<size).map { _ in Float((1 + sigma) * normals.next()) }
          let query = DenoiserQuery(noise: ModelNoise(sigma), label: label == -1 ? nil : label)
          expected += try network.denoised(x, sigma: sigma, label: query.label).map { Float($0) }
          queries.append(query)
          inputs += x
        }
      } catch is ReferenceNetwork.UnequalGroups { continue }
      self.architecture = architecture
      checkpoint = network.checkpoint
      self.queries = queries
      self.inputs = inputs
      self.expected = expected
      return
    }
  }

  private static func architecture(using random: inout SplitMix64) -> Architecture {
    func pick<Value>(_ values: [Value]) -> Value { values[Int.random(in: 0..<values.count, using: &random)] }
    let multipliers = pick([[1], [1, 1], [1, 2], [2, 1], [1, 1, 2], [2, 2], [1, 3]])
    let resolution = pick([4, 8, 12, 16].filter { $0.isMultiple(of: 1 << (multipliers.count - 1)) })
    let channels = pick([1, 2, 3])
    let labels = pick([0, 1, 3, 10])
    let attended = pick([[], [resolution], [resolution >> (multipliers.count - 1)], [2, 4, 8]])
    let preconditioning = pick([
      Preconditioning.edm(sigmaData: 0.5), .edm(sigmaData: 0.3), .vp(betaD: 19.9, betaMin: 0.1, steps: 1000), .ve,
      .iddpm(c1: 0.001, c2: 0.008, steps: 60),
    ])
    let outputs = if case .iddpm = preconditioning { 2 * channels } else { channels }
    let network: Architecture.Network
    if Bool.random(using: &random) || Bool.random(using: &random) {
      var song = SongUNetArchitecture(imageResolution: resolution, inputChannels: channels, outputChannels: outputs)
      song.modelChannels = pick([4, 6, 8, 10, 12, 16, 20, 28])
      song.channelMultipliers = multipliers
      song.labelDimension = labels
      song.augmentDimension = pick([0, 9])
      song.embeddingMultiplier = pick([1, 2, 4])
      song.blocks = pick([1, 2])
      song.attentionResolutions = attended
      song.embedding = pick(SongUNetArchitecture.Embedding.allCases)
      song.noiseEmbeddingMultiplier = pick([1, 2])
      song.encoder = pick(SongUNetArchitecture.Encoder.allCases)
      song.decoder = pick(SongUNetArchitecture.Decoder.allCases)
      song.resampleFilter = pick([[1, 1], [1, 3, 3, 1], [1, 2], [1, 4, 2, 1]])
      // VP's c_noise, close to 1000, times a Fourier frequency loses three digits in single precision.
      if case .vp = preconditioning { song.embedding = .positional }
      if case .iddpm = preconditioning { song.embedding = .positional }
      network = .song(song)
    } else {
      var adm = DhariwalUNetArchitecture(imageResolution: resolution, inputChannels: channels, outputChannels: outputs)
      adm.channelMultipliers = multipliers
      adm.modelChannels = resolution <= 8 ? pick([8, 20, 32, 64, 68]) : pick([8, 12, 20, 32])
      adm.labelDimension = labels
      adm.augmentDimension = pick([0, 9])
      adm.embeddingMultiplier = pick([1, 2, 4])
      adm.blocks = 1
      adm.attentionResolutions = attended
      network = .dhariwal(adm)
    }
    return Architecture(
      preconditioning: preconditioning, network: network, imageResolution: resolution, imageChannels: channels,
      labelDimension: labels)
  }
}
