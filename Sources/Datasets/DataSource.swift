import Basics
import Foundation
import NumPyFiles

/// Opening a data set by what a user writes after `--data`.
///
/// | source | data |
/// | --- | --- |
/// | `mnist` | the bundled MNIST test set |
/// | `mnist:DIR`, `mnist-train:DIR` | a folder with MNIST's files under their usual names |
/// | `idx:IMAGES[,LABELS]` | IDX files, gzipped or not; the labels are also found beside the images |
/// | `cifar10:PATH`, `cifar10-train:PATH` | a folder of binary or Python batches (test or training split), or one batch |
/// | `folder:DIR` | one folder of PNG or JPEG files per class |
/// | `npz:FILE`, `npy:X[,Y]` | NumPy arrays, see `ArrayImages` |
/// | a path | whichever of these it is, by its content |
public enum DataSource {
  /// - Parameter resources: the folder that holds `data/mnist`, for `mnist`.
  /// - Throws: `InputError` naming the file when there is no such data or it is damaged.
  public static func open(_ source: String, resources: URL?) throws -> any LabeledImageSet {
    if source == "mnist" { return try bundledMNIST(resources) }
    let parts = source.split(separator: ":", maxSplits: 1).map(String.init)
    if parts.count == 2, let path = parts.last {
      switch parts[0] {
      case "mnist": return try IDXImages.mnist(folder: path, training: false, name: source)
      case "mnist-train": return try IDXImages.mnist(folder: path, training: true, name: source)
      case "idx":
        let (images, labels) = pair(path)
        return try IDXImages.open(images: images, labels: labels ?? IDXImages.labels(beside: images))
      case "cifar10": return try CIFAR10.open(path)
      case "cifar10-train": return try CIFAR10.open(path, training: true)
      case "folder": return try FolderImageSet(folder: path)
      case "npz": return try ArrayImages.open(archive: path)
      case "npy":
        let (images, labels) = pair(path)
        return try ArrayImages.open(images: images, labels: labels)
      default: break
      }
    }
    return try recognise(source)
  }

  private static func bundledMNIST(_ resources: URL?) throws -> any LabeledImageSet {
    guard let resources else {
      throw InputError("the bundled MNIST test set was not found", expected: "data/mnist beside the program")
    }
    return try IDXImages.mnist(
      folder: resources.appendingPathComponent("data/mnist").path, training: false, name: "mnist")
  }

  /// `A,B`, unless a file is called just that.
  private static func pair(_ text: String) -> (String, String?) {
    guard !FileManager.default.fileExists(atPath: text), let comma = text.lastIndex(of: ",") else { return (text, nil) }
    return (String(text[..<comma]), String(text[text.index(after: comma)...]))
  }

  private static func recognise(_ path: String) throws -> any LabeledImageSet {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
      throw InputError(
        "no such data set", file: path,
        expected:
          "mnist, a file or folder, or one of mnist: mnist-train: idx: cifar10: cifar10-train: folder: npz: npy:")
    }
    return isFolder.boolValue ? try recognise(folder: path) : try recognise(file: path)
  }

  private static func recognise(folder: String) throws -> any LabeledImageSet {
    let names: [String]
    do {
      names = try FileManager.default.contentsOfDirectory(atPath: folder)
    } catch {
      throw InputError("cannot list the folder", file: folder)
    }
    if names.contains(where: { $0.hasPrefix("t10k-images-idx3") }) {
      return try IDXImages.mnist(folder: folder, training: false)
    }
    if names.contains(where: { $0 == "test_batch" || $0 == "test_batch.bin" }) { return try CIFAR10.open(folder) }
    return try FolderImageSet(folder: folder)
  }

  private static func recognise(file path: String) throws -> any LabeledImageSet {
    let start = try MappedFile(path: path)
    defer { withExtendedLifetime(start) {} }
    let bytes = start.bytes
    switch PictureFile.Format(bytes) {
    case .numPy: return try ArrayImages.open(images: path, labels: nil)
    case .png, .jpeg:
      throw InputError("one picture is not a data set", file: path, expected: "a folder of pictures for each class")
    case nil: break
    }
    if NumPyArchive.recognises(bytes) { return try ArrayImages.open(archive: path) }
    if bytes.starts(with: [0x1F, 0x8B]) || bytes.starts(with: [0, 0, 8]) {
      return try IDXImages.open(images: path, labels: IDXImages.labels(beside: path))
    }
    // A pickle of protocol 2 and later begins with its PROTO instruction.
    if path.hasSuffix(".bin") || bytes.first == 0x80 { return try CIFAR10.open(path) }
    throw InputError(
      "not a data set that is known", file: path,
      expected: "IDX images, CIFAR-10 batches, .npz, .npy or a folder of pictures for each class")
  }
}
