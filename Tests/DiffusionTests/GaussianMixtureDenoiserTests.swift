import Basics
import Diffusion
import TestSupport
import Testing

@Suite struct GaussianMixtureDenoiserTests {
  static let shape = ImageShape(channels: 1, height: 1, width: 2)
  static let mixture = GaussianMixtureDenoiser(
    imageShape: shape,
    components: [
      .init(label: 0, weight: 1, mean: [0.3, -0.2], variance: 0.04),
      .init(label: 0, weight: 3, mean: [-0.6, 0.5], variance: 0.2),
      .init(label: 1, weight: 2, mean: [0.9, 0.1], variance: 0.1),
    ])

  /// Tweedie: D(x; s, y) = x + s² ∇ log p_s(x|y), which ties the mean to the density.
  @Test(arguments: [0.05, 0.5, 2, 30], [nil, 0, 1])
  func `the mean is the score of the density`(s: Double, label: Int?) {
    let x = [0.1, 0.4]
    let noise = ModelNoise(s)
    let mean = Self.mixture.posteriorMean(of: x, noise: noise, label: label)
    let step = 1e-5
    for axis in 0..<2 {
      var (above, below) = (x, x)
      above[axis] += step
      below[axis] -= step
      let slope =
        (Self.mixture.logDensity(of: above, noise: noise, label: label)
          - Self.mixture.logDensity(of: below, noise: noise, label: label)) / (2 * step)
      // A central difference of step 1e-5 keeps about ten digits of the density.
      #expect(abs(mean[axis] - (x[axis] + s * s * slope)) <= 1e-9 * max(1, s * s))
    }
  }

  @Test func `without variance it is the analytic denoiser of its means`() throws {
    let points: [Float] = [0.25, -0.5, 1, 0.5, -1, 0.125, 0, 0]
    let analytic = try AnalyticDenoiser(
      images: points, labels: [0, 0, 1, 1], imageShape: Self.shape, classCount: 2)
    let mixture = GaussianMixtureDenoiser(
      imageShape: Self.shape,
      components: (0..<4).map {
        .init(label: $0 / 2, mean: points[2 * $0..<2 * $0 + 2].map(Double.init), variance: 0)
      })
    let queries = [0.1, 0.6, 4].flatMap { s in
      [nil, 0, 1].map { DenoiserQuery(noise: ModelNoise(s), label: $0) }
    }
    var normals = TestNormals(seed: 3)
    let inputs = normals.floats(2 * queries.count)
    let (left, right) = (try denoise(analytic, queries, inputs), try denoise(mixture, queries, inputs))
    for (a, b) in zip(left, right) { #expect(abs(a - b) <= 2e-7) }
    for (index, query) in queries.enumerated() {
      let x = Array(inputs[2 * index..<2 * index + 2])
      let density = mixture.logDensity(of: x.map(Double.init), noise: query.noise, label: query.label)
      let found = analytic.logDensity(of: x, noise: query.noise, label: query.label)
      #expect(abs(density - found) <= 1e-12 * max(1, abs(density)))
    }
  }
}
