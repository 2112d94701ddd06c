import Basics
import Diffusion
import TestSupport
import Testing

@Suite struct PairedDenoiserTests {
  static let shape = ImageShape(channels: 1, height: 1, width: 2)

  static func mixture(_ center: Double, classes: Int, shape: ImageShape = shape) -> GaussianMixtureDenoiser {
    GaussianMixtureDenoiser(
      imageShape: shape,
      components: (0..<classes).map {
        .init(label: $0, mean: (0..<shape.count).map { center + Double($0) }, variance: 0.1 * Double($0 + 1))
      })
  }

  @Test func `labels go to the one model, their absence to the other`() throws {
    let (first, second) = (Self.mixture(0, classes: 3), Self.mixture(5, classes: 1))
    let pair = try PairedDenoiser(conditional: first, unconditional: second)
    #expect(pair.classCount == 3)
    let labels: [Int?] = [0, nil, 2, 1, nil]
    let queries = labels.map { DenoiserQuery(noise: ModelNoise(0.7), label: $0) }
    var normals = TestNormals(seed: 9)
    let inputs = normals.floats(2 * labels.count)
    let (left, right) = (try denoise(first, queries, inputs), try denoise(second, queries.map(unlabelled), inputs))
    let found = try denoise(pair, queries, inputs)
    for (index, label) in labels.enumerated() {
      let places = 2 * index..<2 * index + 2
      #expect(found[places] == (label == nil ? right[places] : left[places]))
    }
    for kept in [[0, 2, 3], [1, 4]] {
      let chosen = kept.map { queries[$0] }
      let images = kept.flatMap { inputs[2 * $0..<2 * $0 + 2] }
      #expect(try denoise(pair, chosen, images) == kept.flatMap { found[2 * $0..<2 * $0 + 2] })
    }
  }

  private func unlabelled(_ query: DenoiserQuery) -> DenoiserQuery { DenoiserQuery(noise: query.noise, label: nil) }

  @Test func `models for images of different sizes are refused`() {
    let other = Self.mixture(0, classes: 1, shape: ImageShape(channels: 1, height: 2, width: 2))
    #expect(throws: InputError.self) {
      try PairedDenoiser(conditional: Self.mixture(0, classes: 2), unconditional: other)
    }
  }
}
