import Basics

/// A data set as a model takes it: its pictures go through an `ImageAdapter`.
public struct AdaptedImageSet: LabeledImageSet {
  public let base: any LabeledImageSet
  public let adapter: ImageAdapter

  /// - Parameter selected: the pictures that will be used, so that no other one decides the size; nil for all.
  /// - Throws: `InputError` when the pictures do not fit and cannot be made to.
  public init(_ base: any LabeledImageSet, to modelShape: ImageShape, selected: [Int]? = nil) throws {
    self.base = selected.map { base.shaped(by: $0, fitting: modelShape) } ?? base
    adapter = try ImageAdapter(from: self.base.imageShape, to: modelShape, file: base.name)
  }

  public var name: String { base.name }
  public var count: Int { base.count }
  public var imageShape: ImageShape { adapter.to }
  public var decodedShape: ImageShape { base.decodedShape }
  public var classNames: [String] { base.classNames }
  public var maximumLabel: Int? { base.maximumLabel }
  public var classMapping: ClassMapping? { base.classMapping }
  public var notices: [String] { base.notices }

  public func image(at index: Int) throws -> LabeledImage {
    var image = try base.image(at: index)
    image.pixels = adapter.apply(image.pixels)
    return image
  }

  /// The image at `index` with its picture's name and digest, the picture read once.
  ///
  /// - Throws: as `image(at:)`.
  public func identifiedImage(at index: Int) throws -> LabeledImage {
    var image = try base.image(at: index)
    image.picture = PictureIdentity(
      index: index, name: pictureName(at: index), label: image.label,
      digest: Picture(shape: base.imageShape, pixels: image.pixels).digest)
    image.pixels = adapter.apply(image.pixels)
    return image
  }

  public func decodedPicture(at index: Int) throws -> Picture { try base.decodedPicture(at: index) }
  public func label(at index: Int) throws -> Int? { try base.label(at: index) }
  public func pictureName(at index: Int) -> String? { base.pictureName(at: index) }
  public func file(at index: Int) -> String { base.file(at: index) }

  /// The digest of the data as it lies in its files.
  public func digest() throws -> String { try base.digest() }
}
