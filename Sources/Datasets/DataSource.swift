import Basics
import Foundation
import NumPyFiles

/// Opening a data set by what a user writes after `--data`.
///
/// | source | data |
/// | --- | --- |
/// | `mnist` | the bundled MNIST test set |
/// | `cifar10-sample` | the bundled sample of CIFAR-10's test set |
/// | `mnist:DIR`, `mnist-train:DIR` | a folder with MNIST's files under their usual names, or torchvision's root |
/// | `idx:IMAGES[,LABELS]` | IDX files, gzipped or not; the labels are also found beside the images |
/// | `cifar10:PATH`, `cifar10-train:PATH` | a folder of binary or Python batches (test or training split), its parent, or one batch |
/// | `cifar100:PATH`, `cifar100-coarse:PATH` | a folder of Python or binary batches, its parent, or one batch; `-train` behind them for the training split |
/// | `imagenet:PATH`, `imagenet-train:PATH` | ImageNet at 64×64 pixels or fewer: a folder of batches, or one, see `DownsampledImageNet` |
/// | `folder:DIR` | one folder of PNG or JPEG files per class, see `FolderImageSet` |
/// | `npz:FILE`, `npy:X[,Y]` | NumPy arrays, see `ArrayImages` |
/// | a path | whichever of these it is, by its content |
public enum DataSource {
  /// - Parameters:
  ///   - resources: the folder that holds `data/mnist` and `data/cifar10-sample`, for the bundled sets.
  ///   - knownClasses: the names of the model's classes by label, where they are known: class folders that are called
  ///     after them get these labels (`ClassMapping`).
  ///   - foldersByOrder: whether class folders are labelled by the order of their names alone, as in versions before 0.3.0.
  /// - Throws: `InputError` naming the file when there is no such data or it is damaged.
  public static func open(
    _ source: String, resources: URL?, knownClasses: [String] = [], foldersByOrder: Bool = false
  ) throws -> any LabeledImageSet {
    switch source {
    case "mnist": return try bundledMNIST(resources)
    case CIFAR10.sampleName: return try bundledSample(resources)
    default: break
    }
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
      case "cifar100": return try CIFAR100.open(path)
      case "cifar100-train": return try CIFAR100.open(path, training: true)
      case "cifar100-coarse": return try CIFAR100.open(path, labels: .coarse)
      case "cifar100-coarse-train": return try CIFAR100.open(path, labels: .coarse, training: true)
      case "imagenet": return try DownsampledImageNet.open(path, knownClasses: knownClasses)
      case "imagenet-train":
        return try DownsampledImageNet.open(path, training: true, knownClasses: knownClasses)
      case "folder": return try FolderImageSet(folder: path, knownClasses: knownClasses, byOrder: foldersByOrder)
      case "npz": return try archive(path, knownClasses)
      case "npy":
        let (images, labels) = pair(path)
        return try ArrayImages.open(images: images, labels: labels)
      default: break
      }
    }
    return try recognise(source, knownClasses, foldersByOrder)
  }

  private static func bundledMNIST(_ resources: URL?) throws -> any LabeledImageSet {
    guard let resources else {
      throw InputError("the bundled MNIST test set was not found", expected: "data/mnist beside the program")
    }
    return try IDXImages.mnist(
      folder: resources.appendingPathComponent("data/mnist").path, training: false, name: "mnist")
  }

  private static func bundledSample(_ resources: URL?) throws -> any LabeledImageSet {
    let name = CIFAR10.sampleName
    guard let resources else {
      throw InputError("the bundled CIFAR-10 sample was not found", expected: "data/\(name) beside the program")
    }
    let file = resources.appendingPathComponent("data/\(name)/test_batch.bin").path
    return try CIFAR10.open(file, name: name)
  }

  /// `A,B`, unless a file is called just that.
  static func pair(_ text: String) -> (String, String?) {
    guard !FileManager.default.fileExists(atPath: text), let comma = text.lastIndex(of: ",") else { return (text, nil) }
    return (String(text[..<comma]), String(text[text.index(after: comma)...]))
  }

  private static func recognise(
    _ path: String, _ knownClasses: [String], _ byOrder: Bool
  ) throws -> any LabeledImageSet {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
      throw InputError(
        "no such data set", file: path,
        expected:
          "mnist, cifar10-sample, a file or folder, or one of mnist: mnist-train: idx: cifar10: cifar10-train: imagenet: folder: npz: npy:"
      )
    }
    return isFolder.boolValue
      ? try recognise(folder: path, knownClasses, byOrder: byOrder) : try recognise(file: path, knownClasses)
  }
}
