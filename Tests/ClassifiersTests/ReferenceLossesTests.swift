import Basics
import Classifiers
import Diffusion
import Testing

/// Every method, weighting and noise sharing against a plain NumPy reading of the definitions.
@Suite struct ReferenceLossesTests {
  struct Reference: Decodable {
    struct Component: Decodable {
      var label: Int
      var weight: Double
      var mean: [Double]
      var variance: Double
    }

    struct Case: Decodable {
      var method: ClassificationMethod
      var weighting: LossWeighting
      var shared: Bool
      var losses: [[Double]]
    }

    var shape: [Int]
    var sigma: Double
    var components: [Component]
    var images: [[Float]]
    var grid: [Double]
    var weights: [Double]
    var timesteps: Int
    var noise: [[[Float]]]
    var generatedNoise: [[[Float]]]
    var explicit: [Case]
    var generated: [Case]

    var denoiser: GaussianMixtureDenoiser {
      GaussianMixtureDenoiser(
        imageShape: ImageShape(channels: shape[0], height: shape[1], width: shape[2]),
        components: components.map {
          .init(label: $0.label, weight: $0.weight, mean: $0.mean, variance: $0.variance)
        }, preferredBatchSize: 7)
    }

    func specification(_ reference: Case) throws -> ClassifierSpecification {
      var specification = ClassifierSpecification(method: reference.method, sigma: sigma)
      specification.weighting = reference.weighting
      specification.noiseSharing = reference.shared ? .shared : .independent
      specification.timesteps = timesteps
      if reference.weighting == .learned {
        specification.calibration = try Calibration(
          levels: zip(grid, weights).map { .init(sigma: $0, weight: $1) })
      }
      return specification
    }
  }

  struct GivenNoise: ClassifierNoise {
    var rows: [[[Float]]]

    func fill(_ epsilon: UnsafeMutableBufferPointer<Float>, level: Int, label: Int?) {
      for index in epsilon.indices { epsilon[index] = rows[level][label ?? 0][index] }
    }
  }

  /// The denoiser answers in floats; a loss adds the squares of differences that can be a tenth of its values.
  static let tolerance = 3e-6

  private func compare(_ found: [[Double]], _ reference: Reference.Case) {
    let largest = zip(found.joined(), reference.losses.joined()).map { abs($0 - $1) / $1 }.max() ?? .nan
    #expect(
      largest <= Self.tolerance,
      "\(reference.method), \(reference.weighting), shared \(reference.shared): relative difference \(largest)")
  }

  @Test func `explicit grids`() throws {
    let reference = try fixture("losses", as: Reference.self)
    #expect(reference.explicit.count == 50)
    for item in reference.explicit {
      var specification = try reference.specification(item)
      specification.levels = reference.grid
      let worker = try specification.makeClassifier(denoiser: reference.denoiser).makeWorker()
      let inputs = reference.images.map { ClassifierInput(image: $0, noise: GivenNoise(rows: reference.noise)) }
      compare(try worker.classLosses(inputs).map(\.losses), item)
    }
  }

  @Test func `generated grids, with the published points and skipped steps`() throws {
    let reference = try fixture("losses", as: Reference.self)
    #expect(reference.generated.count == 40)
    for item in reference.generated {
      let worker = try reference.specification(item).makeClassifier(denoiser: reference.denoiser).makeWorker()
      let inputs = reference.images.map {
        ClassifierInput(image: $0, noise: GivenNoise(rows: reference.generatedNoise))
      }
      compare(try worker.classLosses(inputs).map(\.losses), item)
    }
  }

  @Test func `given grid and noise, images in pixels`() throws {
    let reference = try fixture("losses", as: Reference.self)
    let pixels = reference.images.joined().map(ModelSpace.toPixels)
    for item in reference.explicit where item.shared {
      let computation = try LossesComputation(
        specification: try reference.specification(item), denoiser: reference.denoiser, grid: reference.grid,
        noise: reference.noise.flatMap { $0[0] })
      compare(try computation.losses(pixels: pixels), item)
    }
  }
}
