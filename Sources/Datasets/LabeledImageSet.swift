import Basics

/// Pictures of one size with their classes, read when asked for.
public protocol LabeledImageSet: Sendable {
  /// Where the pictures come from, as a person would say it.
  var name: String { get }
  var count: Int { get }
  var imageShape: ImageShape { get }
  /// A name for each class, in the order of the labels; empty where no picture has a label.
  var classNames: [String] { get }
  /// The largest label of any picture, nil where none has one: labels beyond a model's classes show here.
  var maximumLabel: Int? { get }

  /// The picture at `index`.
  ///
  /// - Precondition: `index` is in 0 ..< `count`.
  /// - Throws: `InputError` naming the file of a picture that is damaged or has another size.
  func image(at index: Int) throws -> LabeledImage

  /// SHA-256, in hexadecimal, of what the data set holds, wherever it lies and however it is packed.
  ///
  /// Sets of bytes: of `u8 N C H W`, a newline, all pixels, all labels as 32-bit little-endian integers. Sets of
  /// floats: the same with `f4`. Folders: of each picture's class, name and SHA-256.
  func digest() throws -> String
}

extension LabeledImageSet {
  /// The number of classes the data set names, 0 without labels.
  public var classCount: Int { classNames.count }

  /// One line for people: the source, the number of pictures, their size and the classes.
  public var description: String {
    let classes = classCount == 0 ? "no labels" : "\(classCount) classes"
    return "\(name): \(count) images, \(imageShape), \(classes)"
  }

  /// - Throws: `InputError` when a label is not below the model's number of classes.
  public func requireLabels(below modelClasses: Int) throws {
    guard let maximumLabel, maximumLabel >= modelClasses else { return }
    throw InputError(
      "a label is beyond the model's classes", file: name, expected: "labels 0 to \(modelClasses - 1)",
      found: "\(maximumLabel)")
  }
}

/// Names for classes that have none: "0", "1", … up to the largest label.
func numberedClasses(upTo maximumLabel: Int?) -> [String] {
  maximumLabel.map { (0...$0).map(String.init) } ?? []
}
