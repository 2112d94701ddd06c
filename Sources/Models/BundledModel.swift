import Basics
import Datasets
import Foundation

/// A model that comes with the program, under the name that `--model` takes (SPEC §6).
public enum BundledModel: String, CaseIterable, Sendable {
  /// Digits: EDM's network with a label input.
  case mnist
  /// Photographs of CIFAR-10: a multi-head network, tuned by the classifier's own loss.
  case cifar10

  /// Below the folder of resources.
  package var file: String {
    switch self {
    case .mnist: "models/edm-mnist-32x32-cond.safetensors"
    case .cifar10: "models/multihead-cifar10-32x32.safetensors"
    }
  }

  /// The one for a data set, as `--data` names it: `cifar10` for data of CIFAR-10's kind, `mnist` for everything else.
  public init(forData source: String) {
    self = DataSource.isCIFAR10(source) ? .cifar10 : .mnist
  }

  /// Its file.
  ///
  /// - Throws: `InputError` where it is not found.
  public func path(in folder: URL? = BundledResources.folder) throws -> String {
    let path = folder?.appendingPathComponent(file).path
    guard let path, FileManager.default.fileExists(atPath: path) else {
      throw InputError(
        "the bundled model \(rawValue) was not found beside this program; name a model, or set NDC_RESOURCES",
        expected: "share/ndc/\(file) beside bin/, or Resources/\(file) above the program")
    }
    return path
  }

  /// The file of the model that `text` names: of a bundled one, or `text` as it is (a file of such a name is `./mnist`).
  ///
  /// - Throws: `InputError` where a bundled model is named and not found.
  public static func path(naming text: String) throws -> String {
    try BundledModel(rawValue: text)?.path() ?? text
  }
}
