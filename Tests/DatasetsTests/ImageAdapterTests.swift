import Basics
import Datasets
import Testing

@Suite("Fitting pictures to a model")
struct ImageAdapterTests {
  @Test("28×28 gets two zeros on every side and says so", arguments: [1, 3])
  func padding(channels: Int) throws {
    let from = ImageShape(channels: channels, height: 28, width: 28)
    let to = ImageShape(channels: channels, height: 32, width: 32)
    let adapter = try ImageAdapter(from: from, to: to)
    #expect(adapter.description == "padded 28x28 to 32x32 with zeros")
    let pixels = (0..<from.count).map { 1 + Float($0) }
    let padded = adapter.apply(pixels)
    #expect(padded.count == to.count)
    for channel in 0..<channels {
      for y in 0..<32 {
        for x in 0..<32 {
          let inside = (2..<30).contains(y) && (2..<30).contains(x)
          let expected = inside ? 1 + Float((channel * 28 + y - 2) * 28 + x - 2) : 0
          #expect(padded[(channel * 32 + y) * 32 + x] == expected)
        }
      }
    }
  }

  @Test("the same size is left alone")
  func same() throws {
    let shape = ImageShape(channels: 3, height: 5, width: 7)
    let adapter = try ImageAdapter(from: shape, to: shape)
    let pixels = (0..<shape.count).map { Float($0) }
    #expect(adapter.description == nil)
    #expect(adapter.apply(pixels) == pixels)
  }

  @Test(
    "anything that would change distances is refused, naming both sizes",
    arguments: [
      (ImageShape(channels: 1, height: 32, width: 32), ImageShape(channels: 3, height: 32, width: 32)),
      (ImageShape(channels: 3, height: 32, width: 32), ImageShape(channels: 1, height: 32, width: 32)),
      (ImageShape(channels: 1, height: 28, width: 28), ImageShape(channels: 3, height: 32, width: 32)),
      (ImageShape(channels: 3, height: 64, width: 64), ImageShape(channels: 3, height: 32, width: 32)),
      (ImageShape(channels: 1, height: 28, width: 30), ImageShape(channels: 1, height: 32, width: 32)),
      (ImageShape(channels: 1, height: 30, width: 30), ImageShape(channels: 1, height: 32, width: 32)),
    ])
  func refused(from: ImageShape, to: ImageShape) throws {
    let error = try #require(throws: InputError.self) { try ImageAdapter(from: from, to: to, file: "cat.png") }
    #expect(error.file == "cat.png" && error.expected == "\(to)" && error.found == "\(from)")
  }

  @Test("an adapted set gives padded pictures under the data's own digest")
  func adaptedSet() throws {
    let mnist = try DataSource.open("mnist", resources: IDXImagesTests.resources)
    let adapted = try AdaptedImageSet(mnist, to: ImageShape(channels: 1, height: 32, width: 32))
    let image = try adapted.image(at: 3)
    #expect(image.pixels.count == 1024 && image.label == 0 && image.index == 3)
    #expect(image.pixels.reduce(0, +) == (try mnist.image(at: 3).pixels.reduce(0, +)))
    #expect(adapted.imageShape.height == 32 && adapted.count == 10_000)
    #expect(throws: InputError.self) {
      try AdaptedImageSet(mnist, to: ImageShape(channels: 3, height: 32, width: 32))
    }
  }
}
