import Basics
import Datasets
import Foundation

/// The bundled models and data: beside an installed `ndc` (PREFIX/share/ndc), or in the repository it was built in.
public enum BundledResources {
  public static let folder: URL? = {
    let files = FileManager.default
    if let named = ProcessInfo.processInfo.environment["NDC_RESOURCES"], !named.isEmpty {
      return URL(fileURLWithPath: named)
    }
    guard let executable = Bundle.main.executableURL?.resolvingSymlinksInPath() else { return nil }
    let marker = BundledModel.mnist.file
    var folder = executable.deletingLastPathComponent()
    let installed = folder.deletingLastPathComponent().appendingPathComponent("share/ndc")
    if files.fileExists(atPath: installed.appendingPathComponent(marker).path) { return installed }
    while folder.path != "/" {
      let candidate = folder.appendingPathComponent("Resources")
      if files.fileExists(atPath: candidate.appendingPathComponent(marker).path) { return candidate }
      folder = folder.deletingLastPathComponent()
    }
    return nil
  }()

  /// Whether a data set is a bundled test set, on which nothing may be learned.
  ///
  /// - Throws: `InputError` for data that cannot be read.
  public static func isTestSet(_ images: any LabeledImageSet, in folder: URL? = folder) throws -> Bool {
    let bundled = ["mnist", CIFAR10.sampleName].compactMap { try? DataSource.open($0, resources: folder) }
    return try bundled.contains { try $0.digest() == images.digest() }
  }
}
