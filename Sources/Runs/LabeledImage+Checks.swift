import Basics
import Datasets
import Records

extension LabeledImage {
  /// - Parameter others: whether a label may be none of the classes'.
  /// - Throws: `InputError` naming the image where it does not fit the classifier.
  package func check(shape: ImageShape, classes: ClassSet, others: OtherClasses? = nil) throws {
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
    guard let label, !RecordClasses(classes, others: others).admit(label: label, among: classes) else { return }
    let isAll = classes == ClassSet(count: classes.count)
    throw InputError(
      isAll ? "the label is none of the model's classes" : "the label is none of the classifier's classes",
      location: place, expected: isAll ? "0 … \(classes.count - 1)" : "\(classes)", found: "\(label)")
  }

  /// The image with its label, both checked.
  ///
  /// - Throws: `InputError` naming the image where it does not fit the classifier or has no label.
  func labelled(shape: ImageShape, classes: ClassSet, others: OtherClasses? = nil) throws -> (LabeledImage, Int) {
    try check(shape: shape, classes: classes, others: others)
    guard let label else {
      throw InputError("the image has no label to compare with", location: "image \(index)")
    }
    return (self, label)
  }
}
