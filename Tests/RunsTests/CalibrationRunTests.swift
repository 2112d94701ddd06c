import Basics
import Classifiers
import Datasets
import Diffusion
import Runs
import Statistics
import TestSupport
import Testing

@Suite struct CalibrationRunTests {
  /// Estimates that depend on everything they are told and tell nothing about the class.
  struct TellsNothing: Denoiser {
    let imageShape = ImageShape(channels: 1, height: 2, width: 2)
    let classCount = 4
    let isUnconditionalAvailable = true
    let preferredBatchSize = 8

    func makeEvaluator() -> any DenoiserEvaluator { Evaluator() }

    final class Evaluator: DenoiserEvaluator {
      func denoise(
        _ queries: [DenoiserQuery], inputs: UnsafeBufferPointer<Float>, outputs: UnsafeMutableBufferPointer<Float>
      ) {
        for (place, query) in queries.enumerated() {
          let pixels = inputs[place * 4..<place * 4 + 4]
          let seed = pixels.reduce(query.noise.sigma.bitPattern) { ($0 &* 31) ^ UInt64($1.bitPattern) }
          var random = SplitMix64(state: (seed &* 31) ^ UInt64(query.label ?? 9))
          for pixel in 0..<4 { outputs[place * 4 + pixel] = Float(2 * random.unit() - 1) }
        }
      }
    }
  }

  private func result(seed: UInt64) async throws -> CalibrationRun.Result {
    let run = CalibrationRun(
      denoiser: TellsNothing(), specification: ClassifierSpecification(method: .diffusion, sigma: 0.25),
      candidates: [0.5, 0.8, 1, 1.5, 2, 3].map { Calibration.Level(sigma: $0, weight: 1) }, mostLevels: 6,
      lossShare: 0.01, threads: 1, batch: 8, seed: seed,
      images: { index in
        var random = SplitMix64(state: seed &* 1000 &+ UInt64(index))
        let label = Int(random.next() >> 62)
        return LabeledImage(index: index, pixels: (0..<4).map { _ in Float(random.unit()) }, label: label)
      })
    return try await run(Array(0..<80))
  }

  /// On the images it fitted, such a calibration is right on 40 % and more.
  @Test func `reports chance where the model tells nothing`() async throws {
    var correct = 0
    var images = 0
    for seed in 0..<20 as Range<UInt64> {
      // Some of these runs find no weight at all, and say so.
      guard let result = try? await result(seed: seed) else { continue }
      let heldOut = result.heldOut
      #expect(result.entry.images == heldOut.images && result.entry.accuracy == heldOut.accuracy)
      #expect(result.entry.evaluationsPerVote == heldOut.evaluationsPerVote)
      let interval = ClopperPearson.interval(successes: heldOut.correct, trials: heldOut.images)
      #expect(heldOut.lower == interval.lowerBound && heldOut.upper == interval.upperBound)
      #expect(result.alternatives.contains { $0.lossShare == 0.01 && $0.accuracy == heldOut.accuracy })
      images += heldOut.images
      correct += try #require(result.entry.accuracy.map { Int(($0 * Double(heldOut.images)).rounded()) })
    }
    #expect(images >= 400)
    #expect(
      BinomialTest.twoSided(successes: correct, trials: images, probability: 0.25) > 1e-4, "\(correct) of \(images)")
  }
}
