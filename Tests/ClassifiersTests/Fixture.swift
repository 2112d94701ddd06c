import Basics
import Classifiers
import Diffusion
import Foundation
import TestSupport

/// Reads Tests/ClassifiersTests/Fixtures/`name`.json, made by make_losses.py beside it.
func fixture<Value: Decodable>(_ name: String, as type: Value.Type = Value.self) throws -> Value {
  try JSONFixture.read(name, of: "ClassifiersTests", as: type)
}

/// Independent normals for every (seed, level, label).
struct TestNoise: ClassifierNoise {
  var seed: UInt64

  func fill(_ epsilon: UnsafeMutableBufferPointer<Float>, level: Int, label: Int?) {
    var normals = TestNormals(seed: (seed &* 1009 &+ UInt64(level)) &* 1013 &+ UInt64(1 + (label ?? -1)))
    for index in epsilon.indices { epsilon[index] = Float(normals.next()) }
  }
}

/// The same number at every level, class and pixel, or one per pixel.
struct ConstantNoise: ClassifierNoise {
  var values: [Float]

  func fill(_ epsilon: UnsafeMutableBufferPointer<Float>, level: Int, label: Int?) {
    for index in epsilon.indices { epsilon[index] = values[index % values.count] }
  }
}

/// Four classes of three components each in ten dimensions: far enough apart to classify, near enough to err.
func smallMixture(batch: Int = 16) -> GaussianMixtureDenoiser {
  var normals = TestNormals(seed: 77)
  let shape = ImageShape(channels: 1, height: 2, width: 5)
  return GaussianMixtureDenoiser(
    imageShape: shape,
    components: (0..<12).map { index in
      .init(
        label: index % 4, weight: 0.5 + normals.uniform(), mean: (0..<10).map { _ in 0.5 * normals.next() },
        variance: 0.02 + 0.05 * normals.uniform())
    },
    preferredBatchSize: batch)
}

/// A draw of x_τ and its class from a mixture's own distribution.
func draw(from mixture: GaussianMixtureDenoiser, noise: ModelNoise, using normals: inout TestNormals) -> [Float] {
  let component = mixture.components[Int(normals.uniform() * Double(mixture.components.count))]
  let deviation = (component.variance + noise.sigma * noise.sigma).squareRoot()
  return component.mean.map { Float($0 + deviation * normals.next()) }
}
