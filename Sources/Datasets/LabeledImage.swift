import Basics

/// One picture of a data set.
public struct LabeledImage: Hashable, Sendable {
  /// Its place in the data set, counted from 0.
  public var index: Int
  /// C×H×W values in [0, 1], C order.
  public var pixels: [Float]
  /// The class, where the data set says.
  public var label: Int?
  /// Which picture it was and what it showed before it was fitted to a model; nil where nobody looked.
  public var picture: PictureIdentity?

  public init(index: Int, pixels: [Float], label: Int?, picture: PictureIdentity? = nil) {
    self.picture = picture
    self.index = index
    self.pixels = pixels
    self.label = label
  }
}

/// Gives the image with a data set's index, fitted to a model; called from several tasks at once.
public typealias ImageProvider = @Sendable (_ index: Int) throws -> LabeledImage
