import Basics

/// Pictures held as floats in [0, 1], C×H×W each.
public struct FloatImageSet: LabeledImageSet {
  public let name: String
  public let count: Int
  public let imageShape: ImageShape
  public let classNames: [String]
  public let maximumLabel: Int?
  public internal(set) var notices: [String] = []
  private let pixels: [Float]
  private let labels: [Int]?

  /// - Precondition: `pixels` are N·C·H·W values in [0, 1], `labels` N.
  public init(name: String, imageShape: ImageShape, pixels: [Float], labels: [Int]?) {
    precondition(imageShape.count > 0 && pixels.count.isMultiple(of: imageShape.count), "whole images")
    self.name = name
    self.imageShape = imageShape
    self.pixels = pixels
    self.labels = labels
    count = pixels.count / imageShape.count
    maximumLabel = labels?.max()
    classNames = numberedClasses(upTo: maximumLabel)
    precondition(labels == nil || labels?.count == count, "a label for every picture")
  }

  public func image(at index: Int) -> LabeledImage {
    precondition((0..<count).contains(index), "no image \(index)")
    let start = index * imageShape.count
    return LabeledImage(index: index, pixels: Array(pixels[start..<start + imageShape.count]), label: labels?[index])
  }

  public func label(at index: Int) -> Int? { labels?[index] }

  public func digest() -> String {
    var digest = SHA256Digest()
    digest.update(kind: "f4", count: count, shape: imageShape)
    pixels.withUnsafeBytes { digest.update($0) }
    digest.update(labels: labels)
    return digest.finish()
  }
}
