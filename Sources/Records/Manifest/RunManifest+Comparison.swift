import Basics

extension RunManifest {
  /// A field in which two manifests differ, and both values.
  public struct Difference: Hashable, Sendable, CustomStringConvertible {
    public var field: String
    public var recorded: String
    public var requested: String

    public var description: String { "\(field) is \(recorded) in the run, \(requested) asked for" }
  }

  /// Fields that may differ between a run and its continuation: they change no vote. A digest speaks for its file.
  package static let freeFields: Set<String> = [
    "model.classifierSource", "model.served.server", "model.served.serverVersion", "model.served.versions",
    "arguments", "created", "classifier.description", "classifier.extrapolation.levels",
    "classifier.extrapolation.trained", "model.source", "model.unconditionalSource",
    "model.configurationSource", "model.unconditionalConfigurationSource", "data.source",
    "execution.threads",
    "execution.batch", "host.name", "host.system", "host.processor", "host.cores",
    "images.first", "images.stride", "images.count", "images.listed", "data.classNames",
  ]
  /// Fields that may differ where the run binds to its pictures one by one.
  private static let freeWithPictures: Set<String> = ["data.digest", "data.size"]

  /// What forbids continuing this run under `requested`; empty when its records are a beginning of that run's.
  public func differences(from requested: RunManifest) throws -> [Difference] {
    let bindsPictures = pictures != nil && requested.pictures != nil
    let old = try JSONValue(encoding: withoutLists).leaves()
    let new = try JSONValue(encoding: requested.withoutLists).leaves()
    let free = bindsPictures ? Self.freeFields.union(Self.freeWithPictures) : Self.freeFields
    var differences = Set(old.keys).union(new.keys).subtracting(free).sorted()
      .filter { old[$0] != new[$0] && !($0 == "claim" && requested.claim == nil) }
      .map {
        Difference(
          field: $0, recorded: Self.brief(old[$0]), requested: Self.brief(new[$0]))
      }
    if pictures != nil, requested.pictures == nil {
      differences.append(Difference(field: "pictures", recorded: "a list", requested: "none"))
    }
    if requested.images.count < images.count {
      differences.append(
        Difference(
          field: "images.count", recorded: "\(images.count)", requested: "\(requested.images.count) (it may only grow)")
      )
    } else if images.positions(images.count) != requested.images.positions(images.count) {
      differences.append(
        Difference(field: "images", recorded: images.summary, requested: requested.images.summary))
    }
    return differences
  }

  /// Pictures are compared one by one; where a merged run's records come from changes none of them.
  package var withoutLists: RunManifest {
    var manifest = self
    manifest.pictures = nil
    manifest.merged = nil
    return manifest
  }

  static func brief(_ value: JSONValue?) -> String {
    guard let text = value?.description else { return "absent" }
    return text.count <= 80 ? text : text.prefix(77) + "..."
  }
}

extension ImageSelection {
  /// The selection in the command line's words.
  var summary: String {
    if let listed {
      return "a list of \(listed.count) beginning with \(listed.prefix(5).map(String.init).joined(separator: ", "))"
    }
    return "first \(first), stride \(stride), count \(count)"
  }
}
