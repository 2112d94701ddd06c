import Basics
import Foundation

/// CIFAR-10 in its binary batches: records of one label byte and 3×32×32 pixel bytes, red plane first.
public enum CIFAR10 {
  static let imageShape = ImageShape(channels: 3, height: 32, width: 32)
  static let recordSize = 1 + imageShape.count
  static let classNames = [
    "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck",
  ]

  /// One file, or the files of a split in a folder: binary batches (`test_batch.bin`, `data_batch_*.bin`) or the
  /// Python pickles (`test_batch`, `data_batch_*`).
  ///
  /// - Parameter training: which split of a folder; a single file is taken as it is.
  public static func open(_ path: String, training: Bool = false) throws -> ByteImageSet {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
      throw InputError("no such file or folder", file: path)
    }
    guard isFolder.boolValue else {
      return path.hasSuffix(".bin")
        ? try binary(files: [path], name: path, folder: nil)
        : try CIFAR10Pickles.open(files: [path], name: path, folder: nil)
    }
    let present = try FileManager.default.contentsOfDirectory(atPath: path).sorted()
    let stem = training ? "data_batch_" : "test_batch"
    let batches = present.filter { $0.hasPrefix(stem) }
    func paths(_ names: [String]) -> [String] {
      names.map { URL(fileURLWithPath: path).appendingPathComponent($0).path }
    }
    let binaries = batches.filter { $0.hasSuffix(".bin") }
    if !binaries.isEmpty { return try binary(files: paths(binaries), name: path, folder: path) }
    let pickles = batches.filter { !$0.contains(".") }
    if !pickles.isEmpty { return try CIFAR10Pickles.open(files: paths(pickles), name: path, folder: path) }
    throw InputError(
      "no CIFAR-10 batch in this folder", file: path,
      expected: training ? "data_batch_1.bin or data_batch_1" : "test_batch.bin or test_batch")
  }

  private static func binary(files: [String], name: String, folder: String?) throws -> ByteImageSet {
    var segments: [ByteImageSet.Segment] = []
    var labels: [Int] = []
    for path in files {
      let file = try MappedFile(path: path)
      let (count, rest) = file.bytes.count.quotientAndRemainder(dividingBy: recordSize)
      guard count > 0, rest == 0 else {
        throw InputError(
          "not a whole number of CIFAR-10 records", file: path, expected: "a multiple of \(recordSize) bytes",
          found: "\(file.bytes.count)")
      }
      for record in 0..<count {
        let label = Int(file.bytes[record * recordSize])
        guard label < classNames.count else {
          throw InputError(
            "unknown label", file: path, location: "offset \(record * recordSize)", expected: "0 to 9",
            found: "\(label)")
        }
        labels.append(label)
      }
      segments.append(
        .init(bytes: ByteStore(file, 0..<file.bytes.count), offset: 1, stride: recordSize, count: count))
    }
    return ByteImageSet(
      name: name, imageShape: imageShape, segments: segments, labels: labels,
      classNames: try folder.flatMap(namesFile) ?? classNames)
  }

  /// `batches.meta.txt`, which lists the classes one a line.
  private static func namesFile(_ folder: String) throws -> [String]? {
    let path = URL(fileURLWithPath: folder).appendingPathComponent("batches.meta.txt").path
    guard FileManager.default.fileExists(atPath: path) else { return nil }
    let file = try MappedFile(path: path)
    defer { withExtendedLifetime(file) {} }
    let names = String(decoding: file.bytes, as: UTF8.self).split(whereSeparator: \.isNewline).map(String.init)
    guard names.count == classNames.count else {
      throw InputError("not CIFAR-10's classes", file: path, expected: "10 lines", found: "\(names.count)")
    }
    return names
  }
}
