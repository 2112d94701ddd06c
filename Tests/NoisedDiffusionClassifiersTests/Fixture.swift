import Foundation
import NoisedDiffusionClassifiers
import TestSupport

/// Files of the repository that tests open.
enum Fixture {
  static let resources = Repository.root.appendingPathComponent("Resources")
  /// 1×8×8, 10 classes, random weights.
  static let tinyNetwork = Repository.root
    .appendingPathComponent("Tests/UNetsTests/Fixtures/tiny-ddpmpp-edm/model.pkl").path
}

/// Labelled pictures of one colour each.
struct PlainImages: LabeledImageSet {
  var count: Int
  var classes = 10
  var imageShape = ImageShape(channels: 1, height: 8, width: 8)

  var name: String { "plain" }
  var classNames: [String] { (0..<classes).map(String.init) }
  var maximumLabel: Int? { classes - 1 }

  func image(at index: Int) -> LabeledImage {
    LabeledImage(
      index: index, pixels: [Float](repeating: Float(index) / Float(count), count: imageShape.count),
      label: index % classes)
  }

  func digest() -> String { "plain \(count)" }
}
