import Classifiers
import Testing

@Suite struct ClassLossesTests {
  private func prediction(_ losses: [Double]) -> Int? { ClassLosses(losses: losses, evaluations: 0).prediction }

  @Test func `the smallest loss wins and ties go to the lowest index`() {
    #expect(prediction([3, 1, 2]) == 1)
    #expect(prediction([2, 1, 1]) == 1)
    #expect(prediction([.infinity, -5, .infinity]) == 1)
  }

  @Test func `NaN anywhere, or nothing finite, is no prediction`() {
    #expect(prediction([0, .nan]) == nil)
    #expect(prediction([.nan, 0]) == nil)
    #expect(prediction([.infinity, .infinity]) == nil)
    #expect(prediction([]) == nil)
    #expect(ClassLosses(losses: [0, .nan], evaluations: 0).probabilities.allSatisfy { $0.isNaN })
  }

  @Test func `probabilities are the softmax of the negative losses, however large`() {
    let found = ClassLosses(losses: [1e6, 1e6 + 1, .infinity], evaluations: 0).probabilities
    // 1/(1 + e⁻¹)
    #expect(abs(found[0] - 0.731_058_578_630_004_9) < 1e-15)
    #expect(abs(found[1] - 0.268_941_421_369_995_1) < 1e-15)
    #expect(found[2] == 0)
  }
}
