import Foundation
import Reports
import Statistics
import TestSupport
import Testing

@Suite("Coverage of the confidence bands") struct ConfidenceBandTests {
  /// Images of a made-up kind: certified with probability 0.8, radius uniform on a grid of 20 values.
  ///
  /// The truth at step j of 20 is 0.8·(1 − j/20).
  struct Setting: Sendable, CustomTestStringConvertible {
    var images: Int
    var confidence: Double
    var testDescription: String { "N = \(images), confidence \(confidence)" }
    static let repetitions = 4_000
    static let steps = 20

    static func truth(_ step: Int) -> Double { 0.8 * (1 - Double(step) / Double(steps)) }

    /// Counts at every step, over and over.
    func simulate(_ check: (_ counts: [Int]) -> Bool) -> CoverageExperiment {
      var random = SplitMix64(state: UInt64(images) &* 31 &+ 7)
      return CoverageExperiment.run(repetitions: Self.repetitions) { _ in
        var counts = [Int](repeating: 0, count: Self.steps)
        for _ in 0..<images where random.unit() < 0.8 {
          counts[Int(random.unit() * Double(Self.steps))] += 1
        }
        for step in (0..<Self.steps - 1).reversed() { counts[step] += counts[step + 1] }
        // A violation is a claim above the truth.
        return .init(bound: check(counts) ? 0 : 1, truth: 0.5)
      }
    }

    /// Violations of `interval` at one step.
    func pointwise(_ step: Int, _ interval: (Share) -> ClosedRange<Double>) -> CoverageExperiment {
      simulate { interval(Share($0[step], of: images)).contains(Self.truth(step)) }
    }

    /// Violations of `interval` anywhere on the curve.
    func everywhere(_ interval: (Share) -> ClosedRange<Double>) -> CoverageExperiment {
      simulate { counts in
        counts.indices.allSatisfy { interval(Share(counts[$0], of: images)).contains(Self.truth($0)) }
      }
    }
  }

  static let settings = [
    Setting(images: 20, confidence: 0.95), Setting(images: 100, confidence: 0.95),
    Setting(images: 100, confidence: 0.8),
    Setting(images: 400, confidence: 0.9),
  ]

  @Test("The pointwise interval holds the truth at a radius as often as it says", arguments: settings)
  func pointwise(setting: Setting) {
    let band = ConfidenceBand(.pointwise, confidence: setting.confidence)
    for step in [0, 10, 19] {
      let coverage = setting.pointwise(step, band.interval)
      #expect(coverage.isConsistent(withLevel: 1 - setting.confidence), "missed \(coverage.violations) times")
    }
  }

  @Test("The simultaneous band holds the whole curve as often as it says", arguments: settings)
  func simultaneous(setting: Setting) {
    let band = ConfidenceBand(.simultaneous, confidence: setting.confidence)
    let coverage = setting.everywhere(band.interval)
    #expect(coverage.isConsistent(withLevel: 1 - setting.confidence), "missed \(coverage.violations) times")
  }

  @Test("The pointwise interval taken for a band of the whole curve would be found out", arguments: settings)
  func plantedPointwise(setting: Setting) {
    let band = ConfidenceBand(.pointwise, confidence: setting.confidence)
    let coverage = setting.everywhere(band.interval)
    #expect(!coverage.isConsistent(withLevel: 1 - setting.confidence), "missed \(coverage.violations) times")
  }

  @Test("A band of half the variance would be found out, and so would the textbook's interval near 0")
  func plantedMargins() {
    let setting = Setting(images: 100, confidence: 0.8)
    let narrow = setting.everywhere { share in
      let margin = ConfidenceBand.margin(total: 2 * share.total, confidence: setting.confidence)
      return share.value - margin...share.value + margin
    }
    #expect(!narrow.isConsistent(withLevel: 0.2), "missed \(narrow.violations) times")
    let small = Setting(images: 20, confidence: 0.95)
    let textbook = small.pointwise(19) { share in
      let margin = 1.96 * (share.value * (1 - share.value) / Double(share.total)).squareRoot()
      return share.value - margin...share.value + margin
    }
    #expect(!textbook.isConsistent(withLevel: 0.05), "missed \(textbook.violations) times")
  }

  @Test("The margin is √(ln(2/β)/2N)")
  func margin() {
    // Python: math.sqrt(math.log(2/0.05)/(2*500)) and (…0.01)/(2*10000).
    #expect(abs(ConfidenceBand.margin(total: 500, confidence: 0.95) - 0.06073614619083052) < 1e-15)
    #expect(abs(ConfidenceBand.margin(total: 10_000, confidence: 0.99) - 0.016276236307187295) < 1e-15)
  }
}
