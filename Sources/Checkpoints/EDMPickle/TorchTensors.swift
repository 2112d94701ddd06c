import Basics
import Pickles

/// Turns the calls by which PyTorch pickles tensors into views of the file.
struct TorchTensors {
  let source: ByteSource
  private var storages: [Int: TorchStorage] = [:]
  private var elements = 0
  private var decodedBytes = 0
  /// What a persistent identifier stands for, in an archive that keeps its storages beside the pickle.
  private let beside: ((PickleValue) throws -> TorchStorage)?

  init(source: ByteSource, storages beside: ((PickleValue) throws -> TorchStorage)? = nil) {
    self.source = source
    self.beside = beside
  }

  static let constructors: Set<String> = [
    "torch._utils._rebuild_parameter", "torch._utils._rebuild_parameter_with_state", "torch._utils._rebuild_tensor",
    "torch._utils._rebuild_tensor_v2", "torch._utils._rebuild_tensor_v3", "torch.storage._load_from_bytes",
  ]

  /// The tensor or parameter `value` stands for.
  ///
  /// - Throws: `InputError` naming the tensor.
  mutating func tensor(_ value: PickleValue, name: String) throws -> CheckpointTensor {
    func fail(_ problem: String, found: String? = nil) -> InputError {
      InputError(problem, file: source.name, location: "tensor \"\(name)\"", found: found)
    }
    guard let call = value.object, let function = call.callable.globalName,
      let arguments = call.arguments.sequence, call.keywords == nil
    else { throw fail("not a tensor", found: value.summary) }
    switch (function, arguments.count) {
    case ("torch._utils._rebuild_parameter", 3), ("torch._utils._rebuild_parameter_with_state", 4):
      guard let inner = arguments[0].object, inner.callable.globalName?.contains("_rebuild_tensor") == true else {
        throw fail("a parameter holds no tensor", found: arguments[0].summary)
      }
      return try tensor(arguments[0], name: name)
    case ("torch._utils._rebuild_tensor", 4), ("torch._utils._rebuild_tensor_v2", 6),
      ("torch._utils._rebuild_tensor_v2", 7), ("torch._utils._rebuild_tensor_v3", 7),
      ("torch._utils._rebuild_tensor_v3", 8):
      let isVersion3 = function.hasSuffix("v3")
      let metadata = isVersion3 ? arguments.dropFirst(7).first : arguments.dropFirst(6).first
      guard metadata?.isNone ?? true || metadata?.entries?.isEmpty ?? false else {
        throw fail("the tensor is a conjugate or negative view, which is not supported")
      }
      let storage = try storage(arguments[0], name: name)
      let declared = isVersion3 ? try elementType(arguments[6], name: name) : nil
      guard let type = storage.elementType ?? declared, declared == nil || declared == type else {
        throw fail("the tensor's storage has no fitting element type")
      }
      return try view(storage, type, arguments, name: name)
    default: throw fail("the tensor is made in an unknown way", found: value.summary)
    }
  }

  private mutating func view(
    _ storage: TorchStorage, _ type: CheckpointTensor.ElementType, _ arguments: [PickleValue], name: String
  ) throws -> CheckpointTensor {
    func fail(_ problem: String, expected: String? = nil, found: String? = nil) -> InputError {
      InputError(problem, file: source.name, location: "tensor \"\(name)\"", expected: expected, found: found)
    }
    guard let offset = arguments[1].integer, offset >= 0 else {
      throw fail("impossible offset into the storage", found: arguments[1].summary)
    }
    guard let shape = integers(arguments[2]), let strides = integers(arguments[3]), shape.count <= 8,
      let extent = TensorExtent(shape: shape, strides: strides)
    else { throw fail("impossible shape or strides") }
    let available = storage.byteCount / type.byteCount
    guard offset <= available, extent.span <= available - offset, extent.count <= available else {
      throw fail(
        "the tensor reaches beyond its storage", expected: "at most \(available) elements",
        found: "offset \(offset), shape \(shape), strides \(strides)")
    }
    // A file may show one storage through many tensors, but honest ones do not hold more values than bytes.
    elements += extent.count
    guard elements <= source.bytes.count else { throw fail("the tensors hold more values than the file has bytes") }
    return CheckpointTensor(
      elementType: type, shape: shape, strides: strides, offset: storage.offset + offset * type.byteCount,
      source: storage.source)
  }

  private func integers(_ value: PickleValue) -> [Int]? {
    var value = value
    if let call = value.object, call.callable.globalName == "torch.Size" {
      guard let inner = call.arguments.sequence?.first else { return nil }
      value = inner
    }
    guard let elements = value.sequence, elements.count <= 8 else { return nil }
    let numbers = elements.compactMap(\.integer)
    return numbers.count == elements.count ? numbers : nil
  }

  private func elementType(_ value: PickleValue, name: String) throws -> CheckpointTensor.ElementType {
    switch value.globalName {
    case "torch.float16": return .float16
    case "torch.bfloat16": return .bfloat16
    case "torch.float32": return .float32
    case "torch.float64": return .float64
    default:
      throw InputError(
        "unknown element type", file: source.name, location: "tensor \"\(name)\"", expected: "torch.float16, …",
        found: value.summary)
    }
  }

  /// The storage behind `_load_from_bytes(archive)`, read once however many tensors share it.
  private mutating func storage(_ value: PickleValue, name: String) throws -> TorchStorage {
    func fail(_ problem: String) -> InputError {
      InputError(problem, file: source.name, location: "tensor \"\(name)\"", found: value.summary)
    }
    if let beside, case .persistent = value.kind {
      if let storage = storages[value.identity] { return storage }
      let storage = try beside(value)
      storages[value.identity] = storage
      return storage
    }
    guard let call = value.object, call.callable.globalName == "torch.storage._load_from_bytes",
      let arguments = call.arguments.sequence, arguments.count == 1
    else { throw fail("the tensor's storage is of an unknown kind") }
    // The bytes' own identity, so that decoding them (protocol 2) happens once.
    let identity = arguments[0].object?.arguments.sequence?.first?.identity ?? arguments[0].identity
    if let storage = storages[identity] { return storage }
    guard let bytes = try arguments[0].rawBytes() else { throw fail("the tensor's storage has no bytes") }
    if bytes.source !== source {
      decodedBytes += bytes.count
      guard decodedBytes <= source.bytes.count else { throw fail("the file repeats its encoded bytes") }
    }
    do {
      let storage = try TorchStorage(archive: bytes)
      storages[identity] = storage
      return storage
    } catch let error as InputError {
      var named = error
      named.location = ["tensor \"\(name)\"", error.location].compactMap { $0 }.joined(separator: ", ")
      throw named
    }
  }
}
