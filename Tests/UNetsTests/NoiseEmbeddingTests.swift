import Checkpoints
import Testing
import UNets

/// [cos(c·f), sin(c·f)] against 40-digit values (Docs/Networks.md, Noise embedding), made with mpmath.
@Suite struct NoiseEmbeddingTests {
  struct Row: Sendable {
    var endpoint: Bool
    var noise: Float
    var cosines, sines: [Float]
  }

  /// f_i = 10⁻⁴ to the power i/(4 − endpoint), i < 4.
  static let rows = [
    Row(
      endpoint: true, noise: 0.75, cosines: [0.731688869, 0.999394126, 0.999998695, 0.999999997],
      sines: [0.68163876, 0.0348048854, 0.00161582531, 7.49999999e-05]),
    Row(
      endpoint: true, noise: 321.25, cosines: [0.691271347, -0.698956384, 0.769899837, 0.999484037],
      sines: [0.722595271, 0.715164298, 0.638164744, 0.0321194747]),
    Row(
      endpoint: false, noise: -1.5, cosines: [0.0707372017, 0.988771078, 0.999887502, 0.999998875],
      sines: [-0.997494987, -0.149438132, -0.0149994375, -0.00149999944]),
    Row(
      endpoint: false, noise: 321.25, cosines: [0.691271347, 0.758965498, -0.997487127, 0.948841468],
      sines: [0.722595271, 0.651130842, -0.0708479427, 0.315752859]),
  ]

  /// The angle is rounded in fp32, so the error grows with it.
  private func tolerance(_ noise: Float) -> Float { 4e-7 * (1 + abs(noise)) }

  private func values(_ embedding: NoiseEmbedding, _ noise: Float) -> [Float] {
    var row = [Float](repeating: .nan, count: embedding.channels)
    row.withUnsafeMutableBufferPointer { if let base = $0.baseAddress { embedding.write(noise, to: base) } }
    return row
  }

  private func isClose(_ found: [Float], _ expected: [Float], _ tolerance: Float) -> Bool {
    found.count == expected.count && zip(found, expected).allSatisfy { abs($0 - $1) <= tolerance }
  }

  @Test("Positional: cosines first, or sines where the halves are swapped", arguments: rows)
  func positional(row: Row) {
    let plain = NoiseEmbedding(positional: 8, endpoint: row.endpoint, swapsHalves: false)
    #expect(isClose(values(plain, row.noise), row.cosines + row.sines, tolerance(row.noise)))
    let swapped = NoiseEmbedding(positional: 8, endpoint: row.endpoint, swapsHalves: true)
    #expect(isClose(values(swapped, row.noise), row.sines + row.cosines, tolerance(row.noise)))
    let other = NoiseEmbedding(positional: 8, endpoint: !row.endpoint, swapsHalves: false)
    #expect(!isClose(values(other, row.noise), row.cosines + row.sines, tolerance(row.noise)))
  }

  @Test("Fourier: the stored frequencies times 2π")
  func fourier() throws {
    let song = SongUNetArchitecture(imageResolution: 8, inputChannels: 1, outputChannels: 1)
    let checkpoint = Checkpoint(
      file: "memory", digest: "",
      architecture: Architecture(
        preconditioning: .ve, network: .song(song), imageResolution: 8, imageChannels: 1, labelDimension: 0),
      tensors: ["freqs": CheckpointTensor([0.25, -1.5, 3.125], shape: [3])])
    let embedding = try NoiseEmbedding(
      fourier: 6, parameters: Parameters(TensorInventory(checkpoint)), swapsHalves: true)
    let sines: [Float] = [0.923879533, -0.707106781, 0.831469612]
    #expect(isClose(values(embedding, 0.75), sines + [0.382683432, 0.707106781, -0.555570233], 4e-6))
  }
}
