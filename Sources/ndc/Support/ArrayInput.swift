import NoisedDiffusionClassifiers

/// Arrays a command reads, checked before anything is computed.
enum ArrayInput {
  /// Finite float32 images [N, C, H, W] of the model's shape.
  static func images(_ file: String, shape: ImageShape) throws -> [Float] {
    let array = try NumPyArray(contentsOf: file)
    let expected = [shape.channels, shape.height, shape.width]
    guard array.shape.count == 4, Array(array.shape.dropFirst()) == expected else {
      throw InputError(
        "the images do not fit the model", file: file, location: "shape", expected: text([nil] + expected),
        found: text(array.shape))
    }
    return try finite(array, file: file)
  }

  /// Finite float32 noise rows [T, C, H, W].
  static func noise(_ file: String, shape: ImageShape, rows: Int) throws -> [Float] {
    let array = try NumPyArray(contentsOf: file)
    let expected = [rows, shape.channels, shape.height, shape.width]
    guard array.shape == expected else {
      throw InputError(
        "the noise does not fit the grid and the model", file: file, location: "shape", expected: text(expected),
        found: text(array.shape))
    }
    return try finite(array, file: file)
  }

  /// N positive finite noise levels in model space.
  static func noiseLevels(_ file: String, count: Int?) throws -> [Double] {
    let array = try NumPyArray(contentsOf: file)
    guard array.shape.count == 1, count == nil || array.shape[0] == count else {
      throw InputError(
        "there must be one noise level per image", file: file, location: "shape", expected: text([count]),
        found: text(array.shape))
    }
    let values: [Double]
    do { values = try array.doubles() } catch let error as InputError { throw error.inFile(file) }
    if let index = values.firstIndex(where: { !($0.isFinite && $0 > 0) }) {
      throw InputError(
        "impossible noise level", file: file, location: "element \(index)", expected: "a finite number above 0",
        found: "\(values[index])")
    }
    return values
  }

  /// N class labels.
  static func labels(_ file: String, count: Int, classCount: Int) throws -> [Int] {
    let array = try NumPyArray(contentsOf: file)
    guard array.shape == [count] else {
      throw InputError(
        "there must be one label per image", file: file, location: "shape", expected: text([count]),
        found: text(array.shape))
    }
    let values: [Int]
    do { values = try array.integers() } catch let error as InputError { throw error.inFile(file) }
    guard classCount > 0 else {
      throw InputError("the model is unconditional and takes no labels", file: file)
    }
    if let index = values.firstIndex(where: { !(0..<classCount).contains($0) }) {
      throw InputError(
        "unknown label", file: file, location: "element \(index)", expected: "0 ... \(classCount - 1)",
        found: "\(values[index])")
    }
    return values
  }

  private static func finite(_ array: NumPyArray, file: String) throws -> [Float] {
    let values: [Float]
    do { values = try array.floats() } catch let error as InputError { throw error.inFile(file) }
    if let index = values.firstIndex(where: { !$0.isFinite }) {
      throw InputError(
        "a value is not finite", file: file, location: "element \(index)", expected: "a finite number",
        found: "\(values[index])")
    }
    return values
  }

  private static func text(_ shape: [Int?]) -> String {
    "[" + shape.map { $0.map(String.init) ?? "N" }.joined(separator: ", ") + "]"
  }
}
