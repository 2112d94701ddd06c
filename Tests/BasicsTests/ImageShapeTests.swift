import Basics
import Foundation
import Testing

@Suite("Image shapes")
struct ImageShapeTests {
  @Test("count and text are channels × height × width")
  func count() {
    let shape = ImageShape(channels: 3, height: 4, width: 5)
    #expect(shape.count == 60)
    #expect(shape.description == "3×4×5")
  }

  @Test("JSON keeps the shape under its field names")
  func json() throws {
    let json = Data(#"{"channels":1,"height":28,"width":32}"#.utf8)
    let shape = try JSONDecoder().decode(ImageShape.self, from: json)
    #expect(shape == ImageShape(channels: 1, height: 28, width: 32))
    #expect(try JSONDecoder().decode(ImageShape.self, from: JSONEncoder().encode(shape)) == shape)
  }
}
