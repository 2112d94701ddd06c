import Basics
import Testing

@Suite("Pixel and model space")
struct SpacesTests {
  @Test("noise doubles on the way to model space and halves on the way back", arguments: [0, 0.25, 0.5, 1])
  func noise(sigma: Double) {
    #expect(PixelNoise(sigma).inModelSpace.sigma == 2 * sigma)
    #expect(ModelNoise(sigma).inPixels.sigma == sigma / 2)
    #expect(PixelNoise(sigma).inModelSpace.inPixels == PixelNoise(sigma))
  }

  @Test("black, grey and white are −1, 0 and 1")
  func pixels() {
    #expect(ModelSpace.fromPixels([0, 0.5, 1]) == [-1, 0, 1])
    #expect([-1, 0, 1].map { ModelSpace.toPixels($0) } == [0, 0.5, 1])
  }

  @Test("an L2 distance in model space is twice that in pixels")
  func distances() {
    let (a, b): ([Float], [Float]) = ([0.125, 0.5, 1], [0.25, 0, 0.75])
    func squared(_ x: [Float], _ y: [Float]) -> Float { zip(x, y).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) } }
    #expect(squared(ModelSpace.fromPixels(a), ModelSpace.fromPixels(b)) == 4 * squared(a, b))
  }
}
