import Basics
import Classifiers
import Diffusion
import TestSupport
import Testing

@Suite struct LossesComputationTests {
  static let noise = [Float](repeating: 0.25, count: 30)

  private func computation(
    _ method: ClassificationMethod = .approximatePosterior, sigma: Double = 0.25, grid: [Double] = [0.6, 1, 2],
    noise: [Float] = noise
  ) throws -> LossesComputation {
    try LossesComputation(
      specification: ClassifierSpecification(method: method, sigma: sigma), denoiser: smallMixture(), grid: grid,
      noise: noise)
  }

  @Test(arguments: [[1.0], [], [2, 1, 3], [0, 1, 2], [1, 2, .nan]])
  func `an unusable grid is an input error`(grid: [Double]) {
    #expect(throws: InputError.self) { try computation(grid: grid, noise: [Float](Self.noise.prefix(10 * grid.count))) }
  }

  @Test func `noise and images that do not fit or are not finite are input errors`() throws {
    #expect(throws: InputError.self) { try computation(noise: [Float](Self.noise.dropLast())) }
    var broken = Self.noise
    broken[13] = .infinity
    #expect {
      try computation(noise: broken)
    } throws: { "\($0)".contains("noise[1], value 3") }
    var pixels = [Float](repeating: 0.5, count: 20)
    #expect(throws: InputError.self) { try computation().losses(pixels: [Float](pixels.dropLast())) }
    pixels[12] = .nan
    #expect {
      try computation().losses(pixels: pixels)
    } throws: { "\($0)".contains("x[1], value 2") }
  }

  @Test func `levels below the smoothing noise suit apndc but not apndc-posterior`() throws {
    #expect(try computation(sigma: 0.4).losses(pixels: Self.noise).count == 3)
    #expect(throws: InputError.self) { try computation(.approximatePosteriorFromInput, sigma: 0.4) }
  }

  @Test func `more images than a worker holds at once give the same losses one by one`() throws {
    var normals = TestNormals(seed: 4)
    let pixels = normals.floats(10 * 70)
    let computation = try computation(.exactPosterior)
    let alone = try (0..<70).flatMap { try computation.losses(pixels: Array(pixels[10 * $0..<10 * $0 + 10])) }
    #expect(try computation.losses(pixels: pixels) == alone)
    #expect(try computation.losses(pixels: []).isEmpty)
  }
}
