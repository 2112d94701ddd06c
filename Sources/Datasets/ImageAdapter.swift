import Basics

/// How pictures of a data set's size become a model's inputs, only where no L2 distance changes.
///
/// The same size is left alone; 28×28 becomes 32×32 by two rows and columns of zeros (black) on every side. Anything
/// else is refused: scaling changes distances, and so does repeating a grey channel three times (by √3).
public struct ImageAdapter: Hashable, Sendable {
  public let from: ImageShape
  public let to: ImageShape

  /// Zeros added on each side.
  private var margin: Int { (to.height - from.height) / 2 }

  /// - Parameter file: the picture or data set, named in the error.
  /// - Throws: `InputError` naming the model's size and the one found.
  public init(from: ImageShape, to: ImageShape, file: String? = nil) throws {
    let pads =
      from.channels == to.channels && [from.height, from.width] == [28, 28] && [to.height, to.width] == [32, 32]
    guard from == to || pads else {
      throw InputError(
        "the pictures do not have the model's size (channels×height×width)", file: file, expected: "\(to)",
        found: "\(from)")
    }
    self.from = from
    self.to = to
  }

  /// What is done, for the record; nil where pictures stay as they are.
  public var description: String? {
    from == to ? nil : "padded \(from.height)x\(from.width) to \(to.height)x\(to.width) with zeros"
  }

  /// C×H×W pixels of the model's size.
  public func apply(_ pixels: [Float]) -> [Float] {
    precondition(pixels.count == from.count, "\(pixels.count) values for \(from)")
    guard from != to else { return pixels }
    var padded = [Float](repeating: 0, count: to.count)
    for row in 0..<from.channels * from.height {
      let (channel, y) = row.quotientAndRemainder(dividingBy: from.height)
      let start = (channel * to.height + y + margin) * to.width + margin
      padded.replaceSubrange(start..<start + from.width, with: pixels[row * from.width..<(row + 1) * from.width])
    }
    return padded
  }
}
