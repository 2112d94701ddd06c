import Basics
import Diffusion
import TestSupport
import Testing

@Suite struct SymmetricDenoiserTests {
  private static let shape = ImageShape(channels: 2, height: 2, width: 3)
  private static let size = shape.count

  private static func mixture() -> GaussianMixtureDenoiser {
    var normals = TestNormals(seed: 3)
    return GaussianMixtureDenoiser(
      imageShape: shape,
      components: (0..<3).map { .init(label: $0, mean: normals.floats(size).map(Double.init), variance: 0.2) })
  }

  /// Left and right of every row exchanged, by indices written out.
  private static func mirrored(_ images: [Float]) -> [Float] {
    images.indices.map { images[$0 / 3 * 3 + 2 - $0 % 3] }
  }

  private static let labels: [Int?] = [0, nil, 2, 1, nil]
  private static let queries = labels.enumerated().map {
    DenoiserQuery(noise: ModelNoise(0.3 + 0.2 * Double($0.offset)), label: $0.element)
  }

  private static func images(_ seed: UInt64) -> [Float] {
    var normals = TestNormals(seed: seed)
    return normals.floats(size * labels.count)
  }

  @Test func `it is the mean of D(x) and of the mirrored D of the mirrored x`() throws {
    let base = Self.mixture()
    let x = Self.images(5)
    let found = try denoise(SymmetricDenoiser(base, under: .mirror), Self.queries, x)
    let plain = try denoise(base, Self.queries, x)
    let other = Self.mirrored(try denoise(base, Self.queries, Self.mirrored(x)))
    #expect(found == zip(plain, other).map { 0.5 * ($0 + $1) })
    #expect(found != plain)
  }

  @Test func `of the mirrored picture it is the mirrored answer, bit for bit`() throws {
    let symmetric = SymmetricDenoiser(Self.mixture(), under: .mirror)
    let x = Self.images(6)
    let found = try denoise(symmetric, Self.queries, x)
    #expect(try denoise(symmetric, Self.queries, Self.mirrored(x)) == Self.mirrored(found))
  }

  @Test func `a denoiser that has the symmetry stays what it is`() throws {
    let mean: [Double] = [1, 2, 1, 0, 3, 0, 5, -1, 5, 2, 2, 2]
    let base = GaussianMixtureDenoiser(
      imageShape: Self.shape, components: [.init(label: 0, mean: mean, variance: 0.4)])
    let x = Array(Self.images(7).prefix(Self.size))
    let query = [DenoiserQuery(noise: ModelNoise(0.8), label: 0)]
    let (found, plain) = (try denoise(SymmetricDenoiser(base, under: .mirror), query, x), try denoise(base, query, x))
    #expect(zip(found, plain).allSatisfy { abs($0 - $1) <= 1e-6 })
  }

  @Test func `an answer does not depend on its companions, and the same evaluator serves any number`() throws {
    let symmetric = SymmetricDenoiser(Self.mixture(), under: .mirror)
    let x = Self.images(8)
    let whole = try denoise(symmetric, Self.queries, x)
    let evaluator = try symmetric.makeEvaluator()
    for kept in [0..<5, 3..<4, 1..<5, 2..<2] {
      let places = kept.lowerBound * Self.size..<kept.upperBound * Self.size
      var output = [Float](repeating: .nan, count: places.count)
      try Array(x[places]).withUnsafeBufferPointer { input in
        try output.withUnsafeMutableBufferPointer {
          try evaluator.denoise(Array(Self.queries[kept]), inputs: input, outputs: $0)
        }
      }
      #expect(output == Array(whole[places]))
    }
  }

  @Test func `everything else is the base's, at twice the passes`() {
    let base = Self.mixture()
    let symmetric = SymmetricDenoiser(base, under: .mirror)
    #expect(symmetric.passes == 2 && base.passes == 1)
    #expect(
      symmetric.classes == base.classes && symmetric.scope == base.scope && symmetric.imageShape == base.imageShape)
    #expect(symmetric.preferredBatchSize == max(1, base.preferredBatchSize / 2))
  }
}
