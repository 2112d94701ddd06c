import Basics
import Pickles

/// Named tensors without a description of the network that they belong to: what `net.state_dict()` gives.
struct StateDictionary {
  var file: String
  var tensors: [String: CheckpointTensor]
  /// What was decided while it was read and is worth saying.
  var remarks: [String] = []

  private static let maximumTensors = 100_000
  private static let parallelPrefix = "module."

  init(file: String, tensors: [String: CheckpointTensor], remarks: [String] = []) {
    self.file = file
    self.tensors = tensors
    self.remarks = remarks
    stripParallelPrefix()
  }

  /// The state dictionary in what torch.save wrote.
  ///
  /// - Throws: `InputError` naming the tensor, or what the file holds in its place.
  init(_ root: PickleValue, tensors reader: inout TorchTensors) throws {
    let file = root.pickle.source.name
    var remarks: [String] = []
    let dictionary = try Self.unwrap(root, file: file, remarks: &remarks)
    guard let entries = dictionary.entries, entries.count <= Self.maximumTensors else {
      throw InputError("no state dictionary", file: file, expected: "a dict of tensors", found: dictionary.summary)
    }
    var tensors: [String: CheckpointTensor] = [:]
    for (key, value) in entries {
      guard let name = key.text, (1...1024).contains(name.utf8.count) else {
        throw InputError("a key is no short text", file: file, location: "the state dictionary", found: key.summary)
      }
      guard tensors.updateValue(try reader.tensor(value, name: name), forKey: name) == nil else {
        throw InputError("a tensor is named twice", file: file, location: "tensor \"\(name)\"")
      }
    }
    self.init(file: file, tensors: tensors, remarks: remarks)
  }

  /// Around a state dictionary, the first that is there counts.
  private static let wrappers = ["ema", "state_dict", "model"]

  private static func unwrap(_ root: PickleValue, file: String, remarks: inout [String]) throws -> PickleValue {
    var value = root
    for _ in 0..<4 {
      guard let entries = value.entries else { throw notADictionary(value, file: file) }
      if entries.contains(where: { isTensor($0.value) }) { return value }
      let present = wrappers.filter { value[$0] != nil }
      guard let name = present.first, let inner = value[name] else {
        if let module = entries.first(where: { isModule($0.value) }) { throw notADictionary(module.value, file: file) }
        throw InputError(
          "no state dictionary in the file", file: file,
          expected: "tensors by name, or one of " + wrappers.map { "\"\($0)\"" }.joined(separator: ", "),
          found: entries.prefix(8).map(\.key.summary).joined(separator: ", "))
      }
      if present.count > 1 {
        let others = present.dropFirst().map { "\"\($0)\"" }.joined(separator: " and ")
        remarks.append("the file holds \"\(name)\" and \(others): \"\(name)\" is taken")
      }
      value = inner
    }
    throw InputError("dicts in dicts, and no tensors", file: file, found: value.summary)
  }

  private static func isTensor(_ value: PickleValue) -> Bool {
    value.object?.callable.globalName.map { TorchTensors.constructors.contains($0) } ?? false
  }

  private static func isModule(_ value: PickleValue) -> Bool {
    value.object != nil && value.entries == nil && !isTensor(value) && value.numpyScalarOrArray == nil
  }

  private static func notADictionary(_ value: PickleValue, file: String) -> InputError {
    isModule(value)
      ? InputError(
        "a whole module was pickled, and reading it would mean running its code; save its tensors: "
          + "torch.save(net.state_dict(), FILE)", file: file, expected: "a state dictionary", found: value.summary)
      : InputError("no state dictionary", file: file, expected: "a dict of tensors", found: value.summary)
  }

  /// What torch.nn.DataParallel puts before every name.
  private mutating func stripParallelPrefix() {
    let prefix = Self.parallelPrefix
    guard !tensors.isEmpty, tensors.keys.allSatisfy({ $0.hasPrefix(prefix) && $0.count > prefix.count }) else { return }
    tensors = Dictionary(
      tensors.map { (String($0.key.dropFirst(prefix.count)), $0.value) }, uniquingKeysWith: { first, _ in first })
    remarks.append("every tensor's name begins with \"\(prefix)\", which is left out")
  }
}

extension PickleValue {
  /// Whether this is NumPy's.
  fileprivate var numpyScalarOrArray: String? {
    object?.callable.globalName.flatMap { $0.hasPrefix("numpy.") ? $0 : nil }
  }
}

extension [String: CheckpointTensor] {
  /// A tensor's shape, where it is there and could be a network's: of so many axes, none empty or out of all proportion.
  func shape(of name: String, axes: Int) -> [Int]? {
    guard let shape = self[name]?.shape, shape.count == axes, shape.allSatisfy({ (1...65536).contains($0) }) else {
      return nil
    }
    return shape
  }
}
