import OneDNN
import UNets

/// What computes a model's votes here: part of the classifier's identity (Docs/Mathematics.md, Randomness and streams).
public struct EngineIdentity: Hashable, Sendable {
  /// Such as `AVX-512, avx512 kernels`.
  public let instructionSet: String
  /// Versions of the libraries that compute.
  public let libraries: [String: String]

  init(kernels: String) {
    instructionSet = "\(Engine.instructionSet), \(kernels) kernels"
    libraries = ["oneDNN": Engine.version]
  }

  private init(instructionSet: String, libraries: [String: String]) {
    self.instructionSet = instructionSet
    self.libraries = libraries
  }

  /// Votes are computed by a server, of which the model's fingerprint speaks.
  static let elsewhere = EngineIdentity(instructionSet: "served elsewhere", libraries: [:])

  /// The library and its instruction set in a line.
  public static var library: String { "oneDNN \(Engine.version) (\(Engine.instructionSet))" }
  /// The widest kernels of this machine.
  public static var kernels: String { KernelSet.best.rawValue }
}
