import Foundation
import NumPyFiles
import TestSupport

/// A small random checkpoint of Tests/UNetsTests/Fixtures with the original network's outputs (see the README there).
struct TinyNetwork: CustomStringConvertible {
  var name: String

  static let all = ["tiny-ddpmpp-edm", "tiny-ncsnpp-ve", "tiny-adm-iddpm"].map { TinyNetwork(name: $0) }
  /// 1×8×8, 10 classes.
  static let grey = all[0]

  func file(_ name: String) -> String {
    Repository.root.appendingPathComponent("Tests/UNetsTests/Fixtures/\(self.name)/\(name)").path
  }

  var model: String { file("model.pkl") }
  func array(_ name: String) throws -> NumPyArray { try NumPyArray(contentsOf: file(name)) }

  /// `ndc denoise` on the fixture's arrays, each of which may be replaced.
  func denoiseArguments(
    model: String? = nil, x: String? = nil, sigma: String? = nil, labels: String? = nil, out: String
  ) -> [String] {
    [
      "denoise", "--model", model ?? self.model, "--x", x ?? file("x.npy"), "--sigma", sigma ?? file("sigma.npy"),
      "--labels", labels ?? file("labels.npy"), "--out", out,
    ]
  }

  var description: String { name }
}
