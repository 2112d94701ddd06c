import Basics
import NumPyFiles
import Testing

@Suite("Converting a NumPy array's values")
struct NumPyArrayConversionTests {
  @Test("a value that does not fit is named by its position")
  func positions() throws {
    let array = NumPyArray(
      shape: [2, 1, 3], elements: .float64([0, 1, 2, 3, 4.5, 5]), source: "labels.npy")
    let error = try #require(throws: InputError.self) { try array.integers() }
    #expect(error.description.contains("labels.npy, element [1, 0, 1]"))
    #expect(error.found == "4.5")
  }

  @Test("integers beyond 2^24 fit a float only when they are representable")
  func floatIntegers() throws {
    #expect(try NumPyArray(shape: [1], elements: .int32([16_777_216])).floats() == [16_777_216])
    #expect(throws: InputError.self) { try NumPyArray(shape: [1], elements: .int32([16_777_217])).floats() }
    #expect(throws: InputError.self) { try NumPyArray(shape: [1], elements: .uint64([.max])).doubles() }
    #expect(throws: InputError.self) { try NumPyArray(shape: [1], elements: .uint64([.max])).integers() }
  }

  @Test("doubles are rounded to nearest, overflow does not fit, NaN and infinities pass")
  func rounding() throws {
    let third = 1.0 / 3
    let floats = try NumPyArray(shape: [3], [third, .infinity, .nan] as [Double]).floats()
    #expect(floats[0] == Float(third) && floats[1] == .infinity && floats[2].isNaN)
    #expect(throws: InputError.self) { try NumPyArray(shape: [1], [1e39] as [Double]).floats() }
  }

  @Test("NaN and infinities are not integers")
  func nonFinite() {
    for value in [Float.nan, .infinity] {
      #expect(throws: InputError.self) { try NumPyArray(shape: [1], [value]).integers() }
    }
  }

  @Test("a required shape names what was expected and found")
  func requiredShape() throws {
    let array = NumPyArray(shape: [2, 2], elements: .int8([1, 2, 3, 4]), source: "x.npy")
    try array.requireShape([nil, 2])
    let error = try #require(throws: InputError.self) { try array.requireShape([nil, 3, 4, 4], "[N, C, H, W]") }
    #expect(error.description.contains("x.npy"))
    #expect(error.expected == "[N, C, H, W] = [any, 3, 4, 4]")
    #expect(error.found == "[2, 2]")
  }
}
