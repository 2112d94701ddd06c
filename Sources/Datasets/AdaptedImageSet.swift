import Basics

/// A data set as a model takes it: its pictures go through an `ImageAdapter`.
public struct AdaptedImageSet: LabeledImageSet {
  public let base: any LabeledImageSet
  public let adapter: ImageAdapter

  /// - Throws: `InputError` when the pictures do not fit and cannot be made to.
  public init(_ base: any LabeledImageSet, to modelShape: ImageShape) throws {
    self.base = base
    adapter = try ImageAdapter(from: base.imageShape, to: modelShape, file: base.name)
  }

  public var name: String { base.name }
  public var count: Int { base.count }
  public var imageShape: ImageShape { adapter.to }
  public var classNames: [String] { base.classNames }
  public var maximumLabel: Int? { base.maximumLabel }

  public func image(at index: Int) throws -> LabeledImage {
    var image = try base.image(at: index)
    image.pixels = adapter.apply(image.pixels)
    return image
  }

  /// The digest of the data as it lies in its files.
  public func digest() throws -> String { try base.digest() }
}
