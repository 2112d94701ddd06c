import Basics
import Diffusion
import Foundation
import TestSupport
import Testing

@Suite struct AnalyticDenoiserTests {
  struct Reference: Decodable {
    struct Query: Decodable {
      var sigma: Double
      var label: Int?
      var x: [Float]
      var denoised: [Double]
      var logDensity: Double
    }

    var shape: [Int]
    var classCount: Int
    var images: [Float]
    var labels: [Int]
    var queries: [Query]

    func denoiser(best: Bool = true) throws -> AnalyticDenoiser {
      try AnalyticDenoiser(
        images: images, labels: labels,
        imageShape: ImageShape(channels: shape[0], height: shape[1], width: shape[2]), classCount: classCount,
        usesBestInstructions: best)
    }
  }

  /// One rounding to float, relative to the largest value.
  static let floatTolerance = 1.3e-7
  /// Distances are sums of a few hundred doubles.
  static let doubleTolerance = 1e-12

  @Test(arguments: [true, false])
  func `means and log-densities equal mpmath's at every noise level`(best: Bool) throws {
    let reference = try fixture("analytic", as: Reference.self)
    let denoiser = try reference.denoiser(best: best)
    let found = try denoise(
      denoiser, reference.queries.map { DenoiserQuery(noise: ModelNoise($0.sigma), label: $0.label) },
      reference.queries.flatMap(\.x))
    let length = denoiser.imageShape.count
    for (index, query) in reference.queries.enumerated() {
      let largest = query.denoised.map(abs).max() ?? 0
      for place in 0..<length {
        #expect(
          abs(Double(found[index * length + place]) - query.denoised[place]) <= Self.floatTolerance * largest,
          "s = \(query.sigma), class \(query.label ?? -1)")
      }
      let logDensity = denoiser.logDensity(of: query.x, noise: ModelNoise(query.sigma), label: query.label)
      #expect(
        abs(logDensity - query.logDensity) <= Self.doubleTolerance * max(1, abs(query.logDensity)),
        "s = \(query.sigma), class \(query.label ?? -1): \(logDensity), expected \(query.logDensity)")
    }
  }

  /// Sizes around the kernels' blocks: odd lengths, odd counts, more than one cache panel.
  @Test(arguments: [(1, 1), (3, 7), (16, 33), (17, 130), (784, 203)])
  func `portable and AVX2 kernels agree`(length: Int, count: Int) throws {
    var normals = TestNormals(seed: 5)
    let images = normals.floats(length * count)
    let shape = ImageShape(channels: 1, height: 1, width: length)
    let labels = (0..<count).map { $0 % min(count, 3) }
    let classes = min(count, 3)
    let fast = try AnalyticDenoiser(images: images, labels: labels, imageShape: shape, classCount: classes)
    let portable = try AnalyticDenoiser(
      images: images, labels: labels, imageShape: shape, classCount: classes, usesBestInstructions: false)
    let queries = (0..<23).map {
      DenoiserQuery(noise: ModelNoise([0.01, 0.7, 5][$0 % 3]), label: $0 % 4 < classes ? $0 % 4 : nil)
    }
    let inputs = normals.floats(length * queries.count)
    let (left, right) = (try denoise(fast, queries, inputs), try denoise(portable, queries, inputs))
    for (a, b) in zip(left, right) { #expect(abs(a - b) <= 4e-7 * max(1, abs(b))) }
    for index in queries.indices {
      let x = Array(inputs[index * length..<(index + 1) * length])
      // Products of floats are exact in double, so the distances and the density are the same bit for bit.
      #expect(
        fast.logDensity(of: x, noise: queries[index].noise, label: queries[index].label)
          == portable.logDensity(of: x, noise: queries[index].noise, label: queries[index].label))
    }
  }

  @Test func `an image's mean does not depend on its companions`() throws {
    let reference = try fixture("analytic", as: Reference.self)
    let denoiser = try reference.denoiser()
    let queries = reference.queries.map { DenoiserQuery(noise: ModelNoise($0.sigma), label: $0.label) }
    let together = try denoise(denoiser, queries, reference.queries.flatMap(\.x))
    let alone = try reference.queries.indices.flatMap { try denoise(denoiser, [queries[$0]], reference.queries[$0].x) }
    #expect(together == alone)
    #expect(try denoise(denoiser, [], []).isEmpty)
  }

  @Test func `a value that is not finite yields NaN, not a guess`() throws {
    let denoiser = try fixture("analytic", as: Reference.self).denoiser()
    var x = [Float](repeating: 0, count: denoiser.imageShape.count)
    x[3] = .nan
    let found = try denoise(denoiser, [DenoiserQuery(noise: ModelNoise(1), label: 1)], x)
    #expect(found.allSatisfy { $0.isNaN })
  }

  @Test(arguments: [(1.0, 3), (1, -1), (0, 0), (.nan, 0), (.infinity, 0)])
  func `queries that cannot be answered are input errors`(sigma: Double, label: Int) throws {
    let denoiser = try fixture("analytic", as: Reference.self).denoiser()
    let x = [Float](repeating: 0, count: denoiser.imageShape.count)
    #expect(throws: InputError.self) {
      try denoise(denoiser, [DenoiserQuery(noise: ModelNoise(sigma), label: label)], x)
    }
  }

  @Test func `sets that do not fit are refused`() {
    let shape = ImageShape(channels: 1, height: 1, width: 2)
    let broken: [([Float], [Int])] = [
      ([0, 0, 1], [0, 1]), ([0, 0, 1, 1], [0, 2]), ([0, 0, 1, 1], [0, -1]), ([0, 0, 1, 1], [0, 0]),
      ([0, 0, .nan, 1], [0, 1]), ([], []),
    ]
    for (images, labels) in broken {
      #expect(throws: InputError.self) {
        try AnalyticDenoiser(images: images, labels: labels, imageShape: shape, classCount: 2)
      }
    }
  }
}

/// Runs one call of a fresh evaluator.
func denoise(_ denoiser: any Denoiser, _ queries: [DenoiserQuery], _ inputs: [Float]) throws -> [Float] {
  var outputs = [Float](repeating: 0, count: inputs.count)
  let evaluator = try denoiser.makeEvaluator()
  try inputs.withUnsafeBufferPointer { inputs in
    try outputs.withUnsafeMutableBufferPointer { try evaluator.denoise(queries, inputs: inputs, outputs: $0) }
  }
  return outputs
}
