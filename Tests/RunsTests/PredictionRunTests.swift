import Datasets
import Basics
import Certification
import Foundation
import Runs
import Testing

@Suite struct PredictionRunTests {
  static let images = [
    LabeledImage(index: 0, pixels: [0, 0, 0, 0], label: nil),
    LabeledImage(index: 1, pixels: [0.25, 0, 0, 0], label: nil),
    LabeledImage(index: 2, pixels: [1, 0, 0, 0], label: nil),
  ]

  static func predictions(_ rule: PredictionRun.Rule, images: [LabeledImage] = images) async throws -> [Prediction] {
    try await PredictionRun(
      executor: VoteExecutor(
        SmoothedClassifier(base: ToyClassifier(), sigma: PixelNoise(0.1)), threads: 2),
      sigma: PixelNoise(0.1), rule: rule, seed: 3)(images)
  }

  @Test("With a radius: the class is certified or the answer is an abstention")
  func certify() async throws {
    let predictions = try await Self.predictions(
      .certify(.fixed(try Certify(selectionSamples: 20, samples: 200, alpha: 0.001))))
    #expect(predictions.map(\.label) == [0, nil, 2])
    #expect(predictions.map { $0.radius == nil } == [false, true, false])
    #expect(predictions.allSatisfy { $0.votes.reduce(0, +) == 200 && $0.evaluations == 5 * 220 })
    for prediction in predictions {
      #expect(prediction.probability == Double(prediction.votes[prediction.candidate]) / 200)
      #expect((prediction.pLower ?? 1) < prediction.probability)
    }
    let object = try #require(
      try JSONSerialization.jsonObject(with: JSONEncoder().encode(predictions[1])) as? [String: Any])
    #expect(object["abstained"] as? Bool == true && object["radius"] as? Double == 0 && object["label"] is NSNull)
  }

  @Test("Without a radius: PREDICT's answer")
  func predict() async throws {
    let predictions = try await Self.predictions(.predict(try Predict(samples: 100, alpha: 0.001)))
    #expect(predictions.map(\.label) == [0, nil, 2])
    #expect(predictions.allSatisfy { $0.radius == nil && $0.pLower == nil && $0.evaluations == 500 })
  }

  @Test("An image of another size is refused before any work")
  func wrongSize() async throws {
    let rule = PredictionRun.Rule.predict(try Predict(samples: 100, alpha: 0.001))
    let text = await message(of: InputError.self) {
      _ = try await Self.predictions(rule, images: Self.images + [LabeledImage(index: 3, pixels: [1], label: nil)])
    }
    #expect(text?.contains("image 3") == true)
  }
}
