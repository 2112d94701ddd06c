import Foundation

extension DataSource {
  private static let prefixes: Set = [
    "mnist", "mnist-train", "idx", "cifar10", "cifar10-train", "cifar100", "cifar100-train",
    "cifar100-coarse", "cifar100-coarse-train", "imagenet", "imagenet-train", "folder", "npz", "npy",
  ]

  /// The files and folders that a source names, whether or not they are there; none for what is bundled.
  package static func paths(_ source: String) -> [String] {
    if source == "mnist" || source == CIFAR10.sampleName { return [] }
    let parts = source.split(separator: ":", maxSplits: 1).map(String.init)
    guard parts.count == 2, prefixes.contains(parts[0]) else { return withCompanion(source) }
    guard ["idx", "npy"].contains(parts[0]) else { return [parts[1]] }
    let (images, labels) = pair(parts[1])
    return labels.map { [images, $0] } ?? withCompanion(images)
  }

  /// Whether a source is CIFAR-10: the bundled sample, or batches under their own names. Nothing is opened.
  package static func isCIFAR10(_ source: String) -> Bool {
    if source == CIFAR10.sampleName || source.hasPrefix("cifar10:") || source.hasPrefix("cifar10-train:") {
      return true
    }
    return CIFAR10.isNamed(FolderListing.path(source))
  }

  /// With the labels that lie beside images.
  private static func withCompanion(_ path: String) -> [String] {
    [path] + (IDXImages.labels(beside: path).map { [$0] } ?? [])
  }
}
