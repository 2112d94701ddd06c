import Basics
import Pickles

/// One module of the pickled network: its class, and its state by attribute name.
struct EDMModule {
  let path: String
  let className: String
  let attributes: [String: PickleValue]
  /// Whether the class is EDM's, with its constructor's arguments, rather than PyTorch's ModuleDict.
  let isPersistent: Bool

  /// Bounds for one module; a real one has some thirty attributes and some thirty children.
  static let maximumEntries = 4096

  /// - Throws: `InputError` where `value` is no module, or one of an unknown kind.
  init(_ value: PickleValue, path: String) throws {
    self.path = path
    let place = Self.place(path)
    guard let call = value.object else {
      throw InputError("not a module", file: value.pickle.source.name, location: place, found: value.summary)
    }
    let file = value.pickle.source.name
    switch call.callable.globalName {
    case "torch_utils.persistence._reconstruct_persistent_obj":
      guard let arguments = call.arguments.sequence, arguments.count == 1,
        arguments[0]["type"]?.text == "class", let name = arguments[0]["class_name"]?.text,
        let state = arguments[0]["state"]
      else { throw InputError("a persistent object without class and state", file: file, location: place) }
      if let version = arguments[0]["version"]?.integer, version > 6 {
        throw InputError(
          "unknown version of a persistent object", file: file, location: place, expected: "at most 6",
          found: "\(version)")
      }
      className = name
      isPersistent = true
      attributes = try Self.entries(state, file: file, place: place)
    case "torch.nn.modules.container.ModuleDict":
      guard let state = call.state else {
        throw InputError("a module without state", file: file, location: place)
      }
      className = "ModuleDict"
      isPersistent = false
      attributes = try Self.entries(state, file: file, place: place)
    default:
      throw InputError(
        "a module of an unknown class", file: file, location: place,
        expected: "one of EDM's persistent classes or ModuleDict", found: value.summary)
    }
  }

  static func place(_ path: String) -> String { path.isEmpty ? "the network" : "module \"\(path)\"" }

  func child(_ name: String) -> String { path.isEmpty ? name : "\(path).\(name)" }

  /// A dict with distinct text keys.
  static func entries(_ value: PickleValue, file: String, place: String) throws -> [String: PickleValue] {
    guard let entries = value.entries else {
      throw InputError("not a dict of attributes", file: file, location: place, found: value.summary)
    }
    guard entries.count <= maximumEntries else {
      throw InputError(
        "too many entries", file: file, location: place, expected: "at most \(maximumEntries)",
        found: "\(entries.count)")
    }
    var result = [String: PickleValue]()
    for (key, value) in entries {
      guard let name = key.text, name.utf8.count <= 256 else {
        throw InputError("a key is no short text", file: file, location: place, found: key.summary)
      }
      guard result.updateValue(value, forKey: name) == nil else {
        throw InputError("a key occurs twice", file: file, location: place, found: "\"\(name)\"")
      }
    }
    return result
  }
}
