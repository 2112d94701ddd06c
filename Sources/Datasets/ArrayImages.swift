import Basics
import NumPyFiles

/// Data sets in NumPy arrays: an `.npz`, or a pair of `.npy` files.
///
/// Pictures: N×C×H×W, or N×H×W for grey; float values in [0, 1], or uint8 standing for value/255. Channels come before
/// height and width; where only the last axis can be theirs (1 or 3), they come last, and that is said. Labels: N integers
/// from 0.
public enum ArrayImages {
  static let pictureNames = ["x", "images", "arr_0"]
  private static let labelNames = ["y", "labels", "arr_1"]

  /// An `.npz` with the pictures as `x`, `images` or `arr_0` and, optionally, the labels as `y`, `labels` or `arr_1`, as
  /// OpenAI's programs write them.
  public static func open(archive path: String) throws -> any LabeledImageSet {
    let file = try MappedFile(path: path)
    if !NumPyArchive.recognises(file.bytes), let kind = FileKind(file.bytes) {
      throw InputError(
        "not a NumPy archive", file: path, expected: "an .npz",
        found: kind == .numPyArray ? "\(kind.name), which npy:\(path) opens" : FileKind.describe(file.bytes))
    }
    let archive = try NumPyArchive(contentsOf: path)
    func find(_ names: [String]) throws -> NumPyArray? {
      let present = names.filter(archive.names.contains)
      guard present.count <= 1 else {
        throw InputError("more than one of these arrays", file: path, found: present.joined(separator: ", "))
      }
      return try present.first.map(archive.array)
    }
    guard let images = try find(pictureNames) else {
      throw InputError(
        "no pictures in this archive", file: path,
        expected: "an array x, images or arr_0, or ImageNet's data and labels",
        found: archive.names.joined(separator: ", "))
    }
    return try open(images: images, labels: find(labelNames), name: path)
  }

  /// Pictures in one `.npy` file and, where given, labels in another.
  public static func open(images: String, labels: String?) throws -> any LabeledImageSet {
    try open(
      images: NumPyArray(contentsOf: images), labels: labels.map { try NumPyArray(contentsOf: $0) }, name: images)
  }

  static func open(images: NumPyArray, labels: NumPyArray?, name: String) throws -> any LabeledImageSet {
    guard images.shape.count == 3 || images.shape.count == 4 else {
      throw InputError(
        "not an array of pictures", file: images.source, expected: "[N, C, H, W] or [N, H, W]",
        found: "\(images.shape)")
    }
    let sizes = images.shape.count == 3 ? [images.shape[0], 1] + images.shape[1...] : images.shape
    guard sizes.allSatisfy({ $0 > 0 }) else {
      throw InputError("an array without pictures", file: images.source, found: "\(images.shape)")
    }
    let isLast = [1, 3].contains(sizes[3]) && ![1, 3].contains(sizes[1])
    let shape =
      isLast
      ? ImageShape(channels: sizes[3], height: sizes[1], width: sizes[2])
      : ImageShape(channels: sizes[1], height: sizes[2], width: sizes[3])
    let notices = isLast ? ["\(name): \(images.shape) is taken as [N, H, W, C], the channels last"] : []
    let labels = try labels.map { try check(labels: $0, count: sizes[0]) }
    if case .uint8(var bytes) = images.elements {
      if isLast { bytes = try planes(bytes, shape, images.source) }
      let segment = ByteImageSet.Segment(bytes: ByteStore(bytes), offset: 0, stride: shape.count, count: sizes[0])
      var set = ByteImageSet(name: name, imageShape: shape, segments: [segment], labels: labels)
      set.notices = notices
      return set
    }
    var values = try pixels(of: images)
    if isLast { values = try planes(values, shape, images.source) }
    var set = FloatImageSet(name: name, imageShape: shape, pixels: values, labels: labels)
    set.notices = notices
    return set
  }

  /// N×H×W×C as N×C×H×W.
  private static func planes<Value>(_ values: [Value], _ shape: ImageShape, _ source: String?) throws -> [Value] {
    try MemoryBudget.require(values.count * MemoryLayout<Value>.stride, for: "the pictures", file: source)
    let (channels, positions) = (shape.channels, shape.height * shape.width)
    return [Value](unsafeUninitializedCapacity: values.count) { output, count in
      for place in values.indices {
        let (image, inside) = place.quotientAndRemainder(dividingBy: shape.count)
        let (channel, position) = inside.quotientAndRemainder(dividingBy: positions)
        output.initializeElement(at: place, to: values[image * shape.count + position * channels + channel])
      }
      count = values.count
    }
  }

  /// The values of a float array, all in [0, 1].
  static func pixels(of array: NumPyArray) throws -> [Float] {
    switch array.elementType {
    case .float16, .float32, .float64: break
    default:
      throw InputError(
        "pictures of this type are not supported", file: array.source, expected: "floats in [0, 1] or uint8",
        found: array.elementType.rawValue)
    }
    try MemoryBudget.require(array.count * 4, for: "the pictures", file: array.source)
    let pixels = try array.floats()
    if let bad = pixels.firstIndex(where: { !(0...1).contains($0) }) {
      throw InputError(
        "a pixel is outside the range", file: array.source, location: "value \(bad) in C order",
        expected: "a number in [0, 1]", found: "\(pixels[bad])")
    }
    return pixels
  }

  private static func check(labels: NumPyArray, count: Int) throws -> [Int] {
    try labels.requireShape([count], "one label per picture")
    let values = try labels.integers()
    // Class names are made up to the largest label, which therefore must be a plausible one.
    if let bad = values.firstIndex(where: { !(0..<1_000_000).contains($0) }) {
      throw InputError(
        "not a label", file: labels.source, location: "element \(bad)", expected: "0 to 999999",
        found: "\(values[bad])")
    }
    return values
  }
}
