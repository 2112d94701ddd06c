import Basics
import Foundation

/// Data sets in IDX files: MNIST, and others of its kind.
public enum IDXImages {
  /// Grey pictures (N×H×W) and, where given, their labels (N).
  ///
  /// - Throws: `InputError` when a file is damaged or the two do not belong together.
  public static func open(images: String, labels: String?, name: String? = nil) throws -> ByteImageSet {
    let pixels = try IDXFile(path: images, rank: 3)
    let shape = ImageShape(channels: 1, height: pixels.shape[1], width: pixels.shape[2])
    let classes = try labels.map { path in
      let file = try IDXFile(path: path, rank: 1)
      guard file.shape[0] == pixels.shape[0] else {
        throw InputError(
          "the labels belong to other images", file: path, expected: "\(pixels.shape[0]) labels",
          found: "\(file.shape[0])")
      }
      return file.values.withBytes { $0.map(Int.init) }
    }
    let segment = ByteImageSet.Segment(
      bytes: pixels.values, offset: 0, stride: shape.count, count: pixels.shape[0])
    return ByteImageSet(name: name ?? images, imageShape: shape, segments: [segment], labels: classes)
  }

  /// The labels that lie beside an images file under the usual name, gzipped or not: `…images-idx3…` has
  /// `…labels-idx1…` (also with dots, as in `images.idx3-ubyte`).
  public static func labels(beside images: String) -> String? {
    let url = URL(fileURLWithPath: images)
    let file = url.lastPathComponent
    for (from, to) in [("images-idx3", "labels-idx1"), ("images.idx3", "labels.idx1")] where file.contains(from) {
      let other = file.replacingOccurrences(of: from, with: to)
      let plain = other.hasSuffix(".gz") ? String(other.dropLast(3)) : other
      for name in [other, plain, plain + ".gz"] {
        let path = url.deletingLastPathComponent().appendingPathComponent(name).path
        if FileManager.default.fileExists(atPath: path) { return path }
      }
    }
    return nil
  }

  /// MNIST in a folder that holds its files under their usual names, gzipped or not.
  public static func mnist(folder: String, training: Bool, name: String? = nil) throws -> ByteImageSet {
    let stem = training ? "train" : "t10k"
    func find(_ part: String) throws -> String {
      let candidates = ["\(stem)-\(part)-ubyte.gz", "\(stem)-\(part)-ubyte"]
      let paths = candidates.map { URL(fileURLWithPath: folder).appendingPathComponent($0).path }
      guard let path = paths.first(where: { FileManager.default.fileExists(atPath: $0) }) else {
        throw InputError(
          "MNIST's files are not in this folder", file: folder, expected: candidates.joined(separator: " or "))
      }
      return path
    }
    return try open(images: find("images-idx3"), labels: find("labels-idx1"), name: name)
  }
}
