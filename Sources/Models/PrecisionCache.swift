import Basics
import Foundation
import UNets

/// Choices of precision that measurements on this machine led to, each in a small file of its own.
///
/// A file is named after a digest of what the choice belongs to and says it again; one that is damaged or belongs to
/// something else counts as absent. Nothing that stands in it decides where anything is read or written.
public struct PrecisionCache: Hashable, Sendable {
  /// What a choice belongs to: one machine, one model, one library.
  public struct Key: Hashable, Sendable, Codable {
    public var processor: String
    public var cores: Int
    public var instructionSet: String
    public var libraries: [String: String]
    /// The model's digest.
    public var model: String
    public var unconditionalModel: String?

    /// - Parameter kernels: our own, by name.
    init(model: String, unconditionalModel: String?, kernels: String = KernelSet.best.rawValue) {
      let engine = EngineIdentity(kernels: kernels)
      processor = Processor.name
      cores = ProcessInfo.processInfo.processorCount
      instructionSet = engine.instructionSet
      libraries = engine.libraries
      self.model = model
      self.unconditionalModel = unconditionalModel
    }
  }

  /// What is kept.
  public struct Entry: Hashable, Sendable, Codable {
    public var format = PrecisionCache.format
    public var key: Key
    public var precision: Precision
    /// Evaluations a second that the measured convolutions alone allow on one thread, by precision.
    public var rates: [String: Double]
  }

  private static let format = "ndc-precision-1"
  /// Far more than an entry takes.
  private static let largest = 1 << 16

  public let folder: String

  public init(folder: String) { self.folder = folder }

  /// The user's: `$XDG_CACHE_HOME/ndc/precisions`, or `~/.cache/ndc/precisions`; nil where neither is named.
  public static func ofUser(_ environment: [String: String] = ProcessInfo.processInfo.environment) -> PrecisionCache? {
    // A relative path is to be ignored (XDG Base Directory Specification).
    if let named = environment["XDG_CACHE_HOME"], named.hasPrefix("/") {
      return PrecisionCache(folder: named + "/ndc/precisions")
    }
    guard let home = environment["HOME"], home.hasPrefix("/") else { return nil }
    return PrecisionCache(folder: home + "/.cache/ndc/precisions")
  }

  /// The file of a choice, whether or not it is there.
  public func path(_ key: Key) throws -> String {
    let digest = try StableJSON.line(key).withUnsafeBytes { SHA256Digest.hexadecimal(of: $0) }
    return "\(folder)/\(digest).json"
  }

  /// nil where nothing is kept, or what is kept cannot be read.
  func entry(_ key: Key) -> Entry? {
    guard let path = try? path(key),
      let bytes = try? BoundedFile.read(path, limit: Self.largest, growth: BoundedFile.jsonGrowth),
      let entry = try? StableJSON.decode(Entry.self, from: bytes, file: path), entry.format == Self.format,
      entry.key == key
    else { return nil }
    return entry
  }

  /// - Throws: `InputError` naming what cannot be written.
  func keep(_ entry: Entry) throws {
    do {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    } catch {
      throw InputError("cannot make the folder", file: folder)
    }
    try AtomicFile.write(try StableJSON.text(entry), to: path(entry.key), followsLinks: false)
  }
}
