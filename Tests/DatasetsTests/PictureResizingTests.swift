import Basics
import Datasets
import Testing

@Suite struct PictureResizingTests {
  private static func shape(_ channels: Int, _ height: Int, _ width: Int) -> ImageShape {
    ImageShape(channels: channels, height: height, width: width)
  }

  @Test func `a picture of the right size stays as it is, and a constant stays constant`() throws {
    let picture = Picture(shape: Self.shape(1, 2, 2), pixels: [0, 0.25, 0.5, 1])
    #expect(try picture.resized(to: picture.shape) == picture)
    for side in [3, 7, 40] {
      let constant = Picture(shape: Self.shape(1, 11, 5), pixels: [Float](repeating: 0.5, count: 55))
      #expect(try constant.resized(to: Self.shape(1, side, side)).pixels.allSatisfy { abs($0 - 0.5) < 1e-6 })
    }
  }

  /// A triangle of radius 2 around 0.5 and 2.5; what lies beyond the edge is the edge.
  @Test func `halving a row is the triangle filter's sum`() throws {
    let row = Picture(shape: Self.shape(1, 1, 4), pixels: [0, 64, 128, 255].map { $0 / 255 })
    let halved = try row.resized(to: Self.shape(1, 1, 2)).pixels
    // Weights at 0.5: 0.25 (beyond the edge, hence the edge), 0.75, 0.75, 0.25, of which the sum is 2.
    let left = (0.25 * 0 + 0.75 * 0 + 0.75 * 64 + 0.25 * 128) / 2 / 255.0
    #expect(abs(Double(halved[0]) - left) < 1e-6)
  }

  @Test func `colour becomes luma, grey becomes three equal channels, and other channels are refused`() throws {
    let red = Picture(shape: Self.shape(3, 1, 1), pixels: [1, 0, 0])
    #expect(try red.resized(to: Self.shape(1, 1, 1)).pixels == [0.299])
    let grey = Picture(shape: Self.shape(1, 1, 1), pixels: [0.25])
    #expect(try grey.resized(to: Self.shape(3, 1, 1)).pixels == [0.25, 0.25, 0.25])
    #expect(throws: InputError.self) { try grey.resized(to: Self.shape(2, 1, 1)) }
  }
}
