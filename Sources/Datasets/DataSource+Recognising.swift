import Basics
import Foundation
import NumPyFiles
import Pickles

extension DataSource {
  /// The data set in a folder: MNIST's, CIFAR-10's or downsampled ImageNet's files, in it or where torchvision keeps them within, or a folder of
  /// pictures for each class. Of a data set with splits the test split is taken where files tell the two apart.
  ///
  /// - Throws: `InputError` that says what to name instead, where that is not plain.
  static func recognise(
    folder: String, _ knownClasses: [String], byOrder: Bool
  ) throws -> any LabeledImageSet {
    let folder = FolderListing.path(folder)
    if let here = KnownFolder(folder) { return try here.open(knownClasses) }
    let listing = try FolderListing(folder)
    var inside = listing.folders.flatMap { name in
      [name, "\(name)/raw"].compactMap { KnownFolder("\(folder)/\($0)") }
    }
    // The same pictures, packed twice.
    if inside.map(\.path).contains("\(folder)/\(CIFAR10.folderNames[0])") {
      inside.removeAll { $0.path == "\(folder)/\(CIFAR10.folderNames[1])" }
    }
    if inside.count > 1 {
      throw InputError(
        "this folder holds several data sets", file: folder,
        expected: "one of them: " + inside.map(\.source).joined(separator: " or "))
    }
    if let only = inside.first { return try only.open(knownClasses) }
    let splits = listing.folders.filter(FolderImageSet.isSplit)
    if splits.count > 1 { throw FolderImageSet.splitsError(splits, in: folder) }
    if listing.folders.isEmpty, let advice = Archives.advice(in: folder, listing.files) {
      throw InputError("no data set in this folder", file: folder, found: advice)
    }
    return try FolderImageSet(folder: folder, knownClasses: knownClasses, byOrder: byOrder)
  }

  /// Arrays under their own names, or a batch of ImageNet.
  static func archive(_ path: String, _ knownClasses: [String]) throws -> any LabeledImageSet {
    let file = try MappedFile(path: path)
    if NumPyArchive.recognises(file.bytes), DownsampledImageNet.recognises(try NumPyArchive(contentsOf: path)) {
      return try DownsampledImageNet.open(path, knownClasses: knownClasses)
    }
    return try ArrayImages.open(archive: path)
  }

  /// CIFAR's batches, or ImageNet's.
  private static func pickle(_ file: MappedFile, _ knownClasses: [String]) throws -> any LabeledImageSet {
    guard let root = try? PickleReader.read(file: file) else { return try CIFAR10.open(file.path) }
    if DownsampledImageNet.recognises(root) {
      return try DownsampledImageNet.open(file.path, knownClasses: knownClasses)
    }
    return root["fine_labels"] != nil ? try CIFAR100.open(file.path) : try CIFAR10.open(file.path)
  }

  static func recognise(file path: String, _ knownClasses: [String]) throws -> any LabeledImageSet {
    let file = try MappedFile(path: path)
    defer { withExtendedLifetime(file) {} }
    let bytes = file.bytes
    switch FileKind(bytes) {
    case .numPyArray: return try ArrayImages.open(images: path, labels: nil)
    case .npz: return try archive(path, knownClasses)
    // The first member does not tell what else there is.
    case .zip
    where try NumPyArchive(contentsOf: path).names.contains(where: (ArrayImages.pictureNames + ["data"]).contains):
      return try archive(path, knownClasses)
    case .png, .jpeg:
      throw InputError("one picture is not a data set", file: path, expected: "a folder of pictures for each class")
    case .idx: return try IDXImages.open(images: path, labels: IDXImages.labels(beside: path))
    case .pickle: return try pickle(file, knownClasses)
    default: try Archives.refuse(bytes, path: path)
    }
    if GzipReader.recognises(bytes) { return try IDXImages.open(images: path, labels: IDXImages.labels(beside: path)) }
    if path.hasSuffix(".bin") { return try CIFAR10.open(path) }
    throw InputError(
      "not a data set that is known", file: path,
      expected: "IDX images, CIFAR's or ImageNet's batches, .npz, .npy or a folder of pictures for each class",
      found: FileKind.describe(bytes))
  }
}

/// A folder whose files' names say which data set it is.
private struct KnownFolder {
  enum Kind: String { case mnist, cifar10, imagenet }

  let path: String
  let kind: Kind
  let hasTest: Bool

  init?(_ path: String) {
    self.path = path
    if IDXImages.isMNIST(path, training: false) || IDXImages.isMNIST(path, training: true) {
      kind = .mnist
      hasTest = IDXImages.isMNIST(path, training: false)
    } else if CIFAR10.isHere(path, training: false) || CIFAR10.isHere(path, training: true) {
      kind = .cifar10
      hasTest = CIFAR10.isHere(path, training: false)
    } else if DownsampledImageNet.isHere(path, training: false) || DownsampledImageNet.isHere(path, training: true) {
      kind = .imagenet
      hasTest = DownsampledImageNet.isHere(path, training: false)
    } else {
      return nil
    }
  }

  /// What names it.
  var source: String { kind.rawValue + (hasTest ? ":" : "-train:") + path }

  /// The test split; of ImageNet that for validation.
  func open(_ knownClasses: [String]) throws -> any LabeledImageSet {
    guard hasTest else {
      throw InputError("only the training split is in this folder", file: path, expected: "\(source) to take it")
    }
    switch kind {
    case .mnist: return try IDXImages.mnist(folder: path, training: false)
    case .cifar10: return try CIFAR10.open(path)
    case .imagenet: return try DownsampledImageNet.open(path, knownClasses: knownClasses)
    }
  }
}
