import Basics
import Foundation
import Pickles

/// CIFAR-10 in its Python batches: pickled dictionaries with `data` (N×3072 bytes) and `labels` (N integers).
enum CIFAR10Pickles {
  static func open(files: [String], name: String, folder: String?) throws -> ByteImageSet {
    var segments: [ByteImageSet.Segment] = []
    var labels: [Int] = []
    for path in files {
      do {
        let file = try MappedFile(path: path)
        if let kind = FileKind(file.bytes), kind != .pickle {
          throw InputError(
            "not a CIFAR-10 batch", expected: "a Python pickle", found: FileKind.describe(file.bytes))
        }
        let batch = try batch(try PickleReader.read(file: file), labels: "labels", classes: CIFAR10.classNames.count)
        labels += batch.labels
        segments.append(
          .init(
            bytes: ByteStore(batch.pixels), offset: 0, stride: CIFAR10.imageShape.count, count: batch.labels.count))
      } catch let error as InputError {
        throw error.inFile(path)
      }
    }
    return ByteImageSet(
      name: name, imageShape: CIFAR10.imageShape, segments: segments, labels: labels,
      classNames: try folder.flatMap(names) ?? CIFAR10.classNames)
  }

  /// - Parameters:
  ///   - labels: the entry that holds them.
  ///   - classes: how many there are.
  static func batch(
    _ root: PickleValue, labels name: String, classes: Int
  ) throws -> (pixels: [UInt8], labels: [Int]) {
    let values = CIFAR10.imageShape.count
    guard let array = try entry("data", of: root).numpyArray() else {
      throw InputError("not a NumPy array", location: "field 'data'")
    }
    guard array.shape.count == 2, array.shape[1] == values, array.elementType == "|u1" else {
      throw InputError(
        "not CIFAR-10's pixels", location: "field 'data'", expected: "[N, \(values)] of |u1",
        found: "\(array.shape) of \(array.elementType)")
    }
    let list = try entry(name, of: root)
    guard let elements = list.sequence else {
      throw InputError("not a list", location: "field '\(name)'", found: list.summary)
    }
    let labels = try elements.enumerated().map { index, value in
      guard let label = value.integer, (0..<classes).contains(label) else {
        throw InputError(
          "unknown label", location: "field '\(name)', element \(index)", expected: "0 to \(classes - 1)",
          found: value.summary)
      }
      return label
    }
    guard labels.count == array.shape[0], labels.count > 0 else {
      throw InputError(
        "labels and pictures differ in number, or there are none", location: "field '\(name)'",
        expected: "\(array.shape[0])", found: "\(labels.count)")
    }
    let bytes = array.bytes.array
    guard array.isFortranOrder else { return (bytes, labels) }
    let pixels = labels.indices.flatMap { image in (0..<values).map { bytes[$0 * labels.count + image] } }
    return (pixels, labels)
  }

  /// `label_names` of `batches.meta`.
  private static func names(_ folder: String) throws -> [String]? {
    let path = URL(fileURLWithPath: folder).appendingPathComponent("batches.meta").path
    guard FileManager.default.fileExists(atPath: path) else { return nil }
    do {
      let root = try PickleReader.read(file: MappedFile(path: path))
      let names = try entry("label_names", of: root).sequence?.compactMap(\.text)
      guard let names, names.count == CIFAR10.classNames.count else {
        throw InputError("not CIFAR-10's classes", location: "field 'label_names'", expected: "10 texts")
      }
      return names
    } catch let error as InputError {
      throw error.inFile(path)
    }
  }

  static func entry(_ key: String, of root: PickleValue) throws -> PickleValue {
    guard let value = root[key] else {
      throw InputError("not a CIFAR-10 batch: '\(key)' is missing", found: root.summary)
    }
    return value
  }
}
