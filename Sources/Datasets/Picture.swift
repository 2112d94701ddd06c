import Basics

/// One decoded picture.
public struct Picture: Hashable, Sendable {
  public var shape: ImageShape
  /// C×H×W values in [0, 1], C order.
  public var pixels: [Float]
  /// The EXIF orientation that the file states, 1 (as it lies) to 8; the pixels are never turned by it.
  public var orientation: Int

  public init(shape: ImageShape, pixels: [Float], orientation: Int = 1) {
    precondition(pixels.count == shape.count, "\(pixels.count) values for \(shape)")
    self.shape = shape
    self.pixels = pixels
    self.orientation = orientation
  }

  /// SHA-256 of the pixels as `PictureIdentity.digest` defines it.
  public var digest: String {
    var digest = SHA256Digest()
    let text = Array("f4 \(shape.channels) \(shape.height) \(shape.width)\n".utf8)
    text.withUnsafeBytes { digest.update($0) }
    pixels.withUnsafeBytes { digest.update($0) }
    return digest.finish()
  }
}
