import Basics
import Datasets
import Foundation

/// The bundled model and data: beside an installed `ndc` (PREFIX/share/ndc), or in the repository it was built in.
public enum BundledResources {
  package static let modelName = "models/edm-mnist-32x32-cond.safetensors"

  public static let folder: URL? = {
    let files = FileManager.default
    if let named = ProcessInfo.processInfo.environment["NDC_RESOURCES"], !named.isEmpty {
      return URL(fileURLWithPath: named)
    }
    guard let executable = Bundle.main.executableURL?.resolvingSymlinksInPath() else { return nil }
    var folder = executable.deletingLastPathComponent()
    let installed = folder.deletingLastPathComponent().appendingPathComponent("share/ndc")
    if files.fileExists(atPath: installed.appendingPathComponent(modelName).path) { return installed }
    while folder.path != "/" {
      let candidate = folder.appendingPathComponent("Resources")
      if files.fileExists(atPath: candidate.appendingPathComponent(modelName).path) { return candidate }
      folder = folder.deletingLastPathComponent()
    }
    return nil
  }()

  /// The bundled model's file.
  ///
  /// - Throws: `InputError` where it is not found.
  public static func model() throws -> String {
    guard let folder else {
      throw InputError(
        "the bundled model was not found beside this program; name a model, or set NDC_RESOURCES",
        expected: "share/ndc/\(modelName) beside bin/, or Resources/\(modelName) above the program")
    }
    return folder.appendingPathComponent(modelName).path
  }

  /// Whether a data set is a bundled test set, on which nothing may be learned.
  ///
  /// - Throws: `InputError` for data that cannot be read.
  public static func isTestSet(_ images: any LabeledImageSet, in folder: URL? = folder) throws -> Bool {
    let bundled = ["mnist", CIFAR10.sampleName].compactMap { try? DataSource.open($0, resources: folder) }
    return try bundled.contains { try $0.digest() == images.digest() }
  }
}
