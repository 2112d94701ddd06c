import Basics
import Datasets

extension LabeledImage {
  /// - Throws: `InputError` naming the image where it does not fit the classifier.
  package func check(shape: ImageShape, classCount: Int) throws {
    let place = "image \(index)"
    guard index >= 0, index <= Int(UInt32.max) else {
      throw InputError("the index has no noise stream", location: place, expected: "0 … \(UInt32.max)")
    }
    guard pixels.count == shape.count else {
      throw InputError(
        "the image does not have the model's size", location: place, expected: "\(shape) = \(shape.count) values",
        found: "\(pixels.count) values")
    }
    if let wrong = pixels.firstIndex(where: { !$0.isFinite }) {
      throw InputError("the image holds a value that is not finite", location: "\(place), value \(wrong)")
    }
    if let label, !(0..<classCount).contains(label) {
      throw InputError(
        "the label is none of the model's classes", location: place, expected: "0 … \(classCount - 1)",
        found: "\(label)")
    }
  }

  /// The image with its label, both checked.
  ///
  /// - Throws: `InputError` naming the image where it does not fit the classifier or has no label.
  func labelled(shape: ImageShape, classCount: Int) throws -> (LabeledImage, Int) {
    try check(shape: shape, classCount: classCount)
    guard let label else {
      throw InputError("the image has no label to compare with", location: "image \(index)")
    }
    return (self, label)
  }
}
