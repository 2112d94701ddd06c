import Basics

/// One decoded picture.
public struct Picture: Hashable, Sendable {
  public var shape: ImageShape
  /// C×H×W values in [0, 1], C order.
  public var pixels: [Float]

  public init(shape: ImageShape, pixels: [Float]) {
    precondition(pixels.count == shape.count, "\(pixels.count) values for \(shape)")
    self.shape = shape
    self.pixels = pixels
  }
}
