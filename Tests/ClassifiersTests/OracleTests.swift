import Basics
import Classifiers
import Diffusion
import Foundation
import TestSupport
import Testing

/// EPNDC's loss against the exact log-density of a Gaussian mixture, and the classifiers against Bayes' rule.
@Suite struct OracleTests {
  struct Quadrature: Decodable {
    var nodes: [Double]
    var weights: [Double]
  }

  static let start = ModelNoise(0.5)
  static let input: [Float] = [0.9, -0.8]
  static let mixture = GaussianMixtureDenoiser(
    imageShape: ImageShape(channels: 1, height: 1, width: 2),
    components: [
      .init(label: 0, weight: 1, mean: [-0.7, 0.4], variance: 0.02),
      .init(label: 0, weight: 2, mean: [0.5, 0.8], variance: 0.05),
      .init(label: 1, weight: 1, mean: [0.3, -0.6], variance: 0.04),
      .init(label: 1, weight: 1, mean: [-0.2, 0.1], variance: 0.01),
      .init(label: 2, weight: 1, mean: [0.9, 0.2], variance: 0.08),
    ])

  /// L_y + log p_τ(x_τ|y), and the term the grid's upper end leaves out, E[−log p_T(x_T|y)], with the expectations over
  /// ε by Gauss–Hermite quadrature: no sampling error.
  private func gap(top: Double, steps: Int) throws -> (gap: [Double], remaining: [Double]) {
    let quadrature = try fixture("hermite", as: Quadrature.self)
    // Geometric in s² − σ_τ²: every step adds about as much to the loss.
    let (first, last) = (1e-5, top * top - 0.25)
    let points = (0...steps).map { step in
      (0.25 + first * pow(last / first, Double(step) / Double(steps))).squareRoot()
    }
    let worker = try ExactPosteriorClassifier(
      denoiser: Self.mixture, smoothing: Self.start, grid: try NoiseGrid(points: points), weighting: .elbo
    ).makeWorker()
    var expected = [Double](repeating: 0, count: 3)
    var remaining = expected
    for (a, weightA) in zip(quadrature.nodes, quadrature.weights) {
      let inputs = quadrature.nodes.map {
        ClassifierInput(image: Self.input, noise: ConstantNoise(values: [Float(a), Float($0)]))
      }
      let losses = try worker.classLosses(inputs)
      for (position, (b, weightB)) in zip(quadrature.nodes, quadrature.weights).enumerated() {
        let amplitude = last.squareRoot()
        let end = [Double(Self.input[0]) + amplitude * a, Double(Self.input[1]) + amplitude * b]
        for label in 0..<3 {
          expected[label] += weightA * weightB * losses[position].losses[label]
          remaining[label] -=
            weightA * weightB * Self.mixture.logDensity(of: end, noise: ModelNoise(top), label: label)
        }
      }
    }
    let x = Self.input.map(Double.init)
    for label in 0..<3 { expected[label] += Self.mixture.logDensity(of: x, noise: Self.start, label: label) }
    return (expected, remaining)
  }

  /// How far the classes are apart: 0 for a class-independent constant.
  private func spread(_ values: [Double]) -> Double { (values.max() ?? .nan) - (values.min() ?? .nan) }

  /// In the limit of a fine grid −log p_τ(x_τ|y) = L_y + E[−log p_T(x_T|y)] + constant.
  @Test(arguments: [3.0, 12, 48])
  func `the elbo loss is the negative log-density up to a constant, the grid's error and its upper end`(
    top: Double
  ) throws {
    let coarse = try gap(top: top, steps: 150)
    let fine = try gap(top: top, steps: 300)
    let completed = [coarse, fine].map { spread(zip($0.gap, $0.remaining).map(+)) }
    // Twice the steps, half the error.
    #expect(completed[1] < 0.12)
    #expect((0.45...0.55).contains(completed[1] / completed[0]), "\(completed)")

    // What is left in the limit of ever finer grids (Richardson) is the omitted last term.
    let limit = zip(coarse.gap, fine.gap).map { 2 * $1 - $0 }
    #expect(spread(zip(limit, fine.remaining).map(+)) < 0.006)
    let omitted = spread(fine.remaining)
    switch top {
    case 3:
      // The published grid's end: it still depends on the class.
      #expect(omitted > 0.09)
      #expect(spread(limit) > 0.08)
    case 12: #expect(omitted < 0.007 && spread(limit) < 0.012)
    default: #expect(omitted < 0.0005 && spread(limit) < 0.006)
    }
  }

  @Test(arguments: [
    (ClassificationMethod.exactPosterior, LossWeighting.elbo), (.approximatePosterior, .edm),
    (.approximatePosteriorFromInput, .edm),
  ])
  func `agrees with Bayes' rule on 95 of 100 inputs where the posterior exceeds 0.9`(
    method: ClassificationMethod, weighting: LossWeighting
  ) throws {
    let mixture = smallMixture(batch: 64)
    var specification = ClassifierSpecification(method: method, sigma: 0.15)
    specification.weighting = weighting
    specification.timesteps = 64
    let worker = try specification.makeClassifier(denoiser: mixture).makeWorker()
    var normals = TestNormals(seed: 31)
    var inputs = [ClassifierInput]()
    var bayes = [Int]()
    for index in 0..<400 {
      let x = draw(from: mixture, noise: specification.smoothing, using: &normals)
      let losses = (0..<mixture.classCount).map {
        -mixture.logDensity(of: x.map(Double.init), noise: specification.smoothing, label: $0)
      }
      let exact = ClassLosses(losses: losses, evaluations: 0)
      guard let label = exact.prediction, exact.probabilities[label] > 0.9 else { continue }
      inputs.append(ClassifierInput(image: x, noise: TestNoise(seed: UInt64(index))))
      bayes.append(label)
    }
    #expect(inputs.count >= 200, "only \(inputs.count) clear inputs")
    let found = try worker.classLosses(inputs).map(\.prediction)
    let agreeing = zip(found, bayes).count { $0 == $1 }
    #expect(Double(agreeing) >= 0.95 * Double(inputs.count), "\(agreeing) of \(inputs.count)")
    #expect(Set(bayes).count == mixture.classCount)
  }
}
