import Basics
import Foundation
import Pickles

/// CIFAR-100: the Python batches `test` and `train` (pickles with `data`, `fine_labels` and `coarse_labels`), or
/// `test.bin` and `train.bin` (records of a coarse label, a fine one and 3×32×32 pixel bytes).
public enum CIFAR100 {
  /// The 100 classes, or their 20 superclasses.
  public enum Labels: String, Sendable {
    case fine, coarse

    var count: Int { self == .fine ? 100 : 20 }
  }

  private static let folderNames = ["cifar-100-python", "cifar-100-binary"]
  private static let recordSize = 2 + CIFAR10.imageShape.count

  /// One file, or a split's file in a folder or in a folder of the published name within it.
  ///
  /// - Throws: `InputError` naming the file and what is wrong in it.
  public static func open(_ path: String, labels: Labels = .fine, training: Bool = false) throws -> ByteImageSet {
    let path = FolderListing.path(path)
    guard FolderListing.isFolder(path) else { return try open(file: path, labels) }
    let split = training ? "train" : "test"
    for folder in [path] + folderNames.map({ "\(path)/\($0)" }) {
      for file in [split, split + ".bin"].map({ "\(folder)/\($0)" }) where FolderListing.isFile(file) {
        return try open(file: file, labels)
      }
    }
    throw InputError("no CIFAR-100 batch in this folder", file: path, expected: "\(split) or \(split).bin")
  }

  private static func open(file path: String, _ labels: Labels) throws -> ByteImageSet {
    let file = try MappedFile(path: path)
    let names = try names(beside: path, labels)
    if path.hasSuffix(".bin") { return try binary(file, labels, names) }
    do {
      if let kind = FileKind(file.bytes), kind != .pickle {
        throw InputError("not a CIFAR-100 batch", expected: "a Python pickle", found: FileKind.describe(file.bytes))
      }
      let batch = try CIFAR10Pickles.batch(
        PickleReader.read(file: file), labels: "\(labels.rawValue)_labels", classes: labels.count)
      let segment = ByteImageSet.Segment(
        bytes: ByteStore(batch.pixels), offset: 0, stride: CIFAR10.imageShape.count, count: batch.labels.count)
      return ByteImageSet(
        name: path, imageShape: CIFAR10.imageShape, segments: [segment], labels: batch.labels, classNames: names)
    } catch let error as InputError {
      throw error.inFile(path)
    }
  }

  private static func binary(_ file: MappedFile, _ labels: Labels, _ names: [String]?) throws -> ByteImageSet {
    let (count, rest) = file.bytes.count.quotientAndRemainder(dividingBy: recordSize)
    guard count > 0, rest == 0 else {
      throw InputError(
        "not a whole number of CIFAR-100 records", file: file.path, expected: "a multiple of \(recordSize) bytes",
        found: "\(file.bytes.count)")
    }
    let found = try (0..<count).map { record in
      let place = record * recordSize + (labels == .coarse ? 0 : 1)
      let label = Int(file.bytes[place])
      guard label < labels.count else {
        throw InputError(
          "unknown label", file: file.path, location: "offset \(place)", expected: "0 to \(labels.count - 1)",
          found: "\(label)")
      }
      return label
    }
    let segment = ByteImageSet.Segment(
      bytes: ByteStore(file, 0..<file.bytes.count), offset: 2, stride: recordSize, count: count)
    return ByteImageSet(
      name: file.path, imageShape: CIFAR10.imageShape, segments: [segment], labels: found, classNames: names)
  }

  /// `fine_label_names` or `coarse_label_names` of `meta`, or the lines of `fine_label_names.txt`; nil where neither is
  /// there: then labels have numbers.
  private static func names(beside file: String, _ labels: Labels) throws -> [String]? {
    let folder = URL(fileURLWithPath: file).deletingLastPathComponent().path
    let key = "\(labels.rawValue)_label_names"
    let (meta, text) = ("\(folder)/meta", "\(folder)/\(key).txt")
    var names: [String]?
    if FolderListing.isFile(meta) {
      do {
        names = try CIFAR10Pickles.entry(key, of: PickleReader.read(file: MappedFile(path: meta))).sequence?
          .compactMap(\.text)
      } catch let error as InputError {
        throw error.inFile(meta)
      }
    } else if FolderListing.isFile(text) {
      names = try PlainLines.read(text, limit: 1 << 16, kind: "a list of names")
        .map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
    } else {
      return nil
    }
    guard let names, names.count == labels.count else {
      throw InputError(
        "not CIFAR-100's classes", file: FolderListing.isFile(meta) ? meta : text, expected: "\(labels.count) names")
    }
    return names
  }
}
