import Basics

/// Pictures of one size with their classes, read when asked for.
public protocol LabeledImageSet: Sendable {
  /// Where the pictures come from, as a person would say it.
  var name: String { get }
  var count: Int { get }
  var imageShape: ImageShape { get }
  /// The size that pictures have in their files, before anything fits them to a model.
  var decodedShape: ImageShape { get }
  /// A name for each class, in the order of the labels; empty where no picture has a label.
  var classNames: [String] { get }
  /// The largest label of any picture, nil where none has one: labels beyond a model's classes show here.
  var maximumLabel: Int? { get }
  /// How folders' names became labels; nil where the labels are the data's own.
  var classMapping: ClassMapping? { get }
  /// What a person should know about how the data was opened, a sentence each: files left out, the split taken.
  var notices: [String] { get }

  /// The picture at `index`.
  ///
  /// - Precondition: `index` is in 0 ..< `count`.
  /// - Throws: `InputError` naming the file of a picture that is damaged or has another size.
  func image(at index: Int) throws -> LabeledImage

  /// The picture at `index` as it was decoded: of whatever size, before anything fits it to a model.
  ///
  /// - Throws: `InputError` naming the file of a picture that is damaged.
  func decodedPicture(at index: Int) throws -> Picture

  /// The label at `index`, without decoding the picture.
  func label(at index: Int) throws -> Int?

  /// The name of the picture's file within the data set (`cat/0001.png`); nil where pictures have no names.
  func pictureName(at index: Int) -> String?

  /// The file that holds the picture at `index`, for errors.
  func file(at index: Int) -> String

  /// The set as a run over `indices` sees it: where the files decide the pictures' size, those at `indices` do, and of
  /// them the first that can be read and fits `modelShape`. A picture that is not selected then has no say.
  func shaped(by indices: [Int], fitting modelShape: ImageShape?) -> any LabeledImageSet

  /// SHA-256, in hexadecimal, of what the data set holds, wherever it lies and however it is packed.
  ///
  /// Sets of bytes: of `u8 N C H W`, a newline, all pixels, all labels as 32-bit little-endian integers. Sets of
  /// floats: the same with `f4`. Folders: of each picture's class, name and SHA-256, and of its label where that is not
  /// the place of the class in the order of the names.
  func digest() throws -> String
}

extension LabeledImageSet {
  public var decodedShape: ImageShape { imageShape }
  public var classMapping: ClassMapping? { nil }
  public var notices: [String] { [] }

  public func decodedPicture(at index: Int) throws -> Picture {
    Picture(shape: imageShape, pixels: try image(at: index).pixels)
  }

  public func label(at index: Int) throws -> Int? { try image(at: index).label }
  public func pictureName(at index: Int) -> String? { nil }
  public func file(at index: Int) -> String { name }
  public func shaped(by indices: [Int], fitting modelShape: ImageShape?) -> any LabeledImageSet { self }

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
