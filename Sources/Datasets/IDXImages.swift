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
        if FolderListing.isFile(path) { return path }
      }
    }
    return nil
  }

  /// MNIST in a folder that holds its files under their usual names (`t10k-images-idx3-ubyte`, also with a dot before
  /// `idx3`), gzipped or not; also in `raw` or `MNIST/raw` within it, where torchvision keeps them.
  public static func mnist(folder: String, training: Bool, name: String? = nil) throws -> ByteImageSet {
    let folder = FolderListing.path(folder)
    let folders = [folder] + ["raw", "MNIST/raw", "MNIST"].map { "\(folder)/\($0)" }
    let here = folders.first { isMNIST($0, training: training) } ?? folder
    func find(_ part: String) throws -> String {
      if let path = mnistFile(part, in: here, training: training) { return path }
      let files = (try? FolderListing(here).files) ?? []
      throw InputError(
        "MNIST's files are not in this folder", file: here,
        expected: mnistNames(part, training: training).prefix(2).joined(separator: " or "),
        found: Archives.advice(in: here, files))
    }
    return try open(images: find("images-idx3"), labels: find("labels-idx1"), name: name)
  }

  /// Whether `folder` holds a split's images under their own names.
  static func isMNIST(_ folder: String, training: Bool) -> Bool {
    mnistFile("images-idx3", in: folder, training: training) != nil
  }

  private static func mnistFile(_ part: String, in folder: String, training: Bool) -> String? {
    for name in mnistNames(part, training: training) {
      // Some archives unpack each file into a folder of its own name.
      for path in ["\(folder)/\(name)", "\(folder)/\(name)/\(name)"] where FolderListing.isFile(path) { return path }
    }
    return nil
  }

  private static func mnistNames(_ part: String, training: Bool) -> [String] {
    let stem = (training ? "train-" : "t10k-") + part + "-ubyte"
    let dotted = stem.replacingOccurrences(of: "-idx", with: ".idx")
    return [stem + ".gz", stem, dotted + ".gz", dotted]
  }
}
