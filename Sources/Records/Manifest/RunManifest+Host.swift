import Basics
import Foundation

extension RunManifest {
  /// The machine. The instruction set and the libraries' versions belong to the classifier's identity
  /// (Docs/Mathematics.md, Randomness and streams).
  public struct Host: Hashable, Sendable, Codable {
    public var name: String
    public var system: String
    public var processor: String
    public var cores: Int
    /// What the kernels were dispatched for, such as `avx2`.
    public var instructionSet: String
    /// Versions of the libraries that compute, such as `oneDNN: 2.6.3`.
    public var libraries: [String: String]

    public init(
      name: String, system: String, processor: String, cores: Int, instructionSet: String, libraries: [String: String]
    ) {
      self.name = name
      self.system = system
      self.processor = processor
      self.cores = cores
      self.instructionSet = instructionSet
      self.libraries = libraries
    }

    /// This machine.
    public static func current(instructionSet: String, libraries: [String: String]) -> Host {
      let process = ProcessInfo.processInfo
      return Host(
        name: process.hostName, system: process.operatingSystemVersionString, processor: Processor.name,
        cores: process.activeProcessorCount, instructionSet: instructionSet, libraries: libraries)
    }
  }

  /// The time in the form of `created`.
  public static func now() -> String { Date().formatted(.iso8601) }
}
