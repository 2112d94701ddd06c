import Basics

/// What a served model takes and gives, and how large it is: the protocol's side of a denoiser or a classifier.
struct ServedSignature: Hashable, Sendable {
  enum Kind: String, Hashable, Sendable {
    /// x, sigma, label → denoised.
    case denoiser
    /// x → logits.
    case classifier
  }

  let kind: Kind
  let imageShape: ImageShape
  /// K; 0 for a denoiser of which nobody said how many classes it has.
  let classCount: Int
  /// B, the rows of every request.
  let batch: Int

  var outputName: String { kind == .denoiser ? "denoised" : "logits" }
  /// Values of a row of the output.
  var outputRow: Int { kind == .denoiser ? imageShape.count : classCount }
  var outputShape: [Int] {
    kind == .denoiser
      ? [batch, imageShape.channels, imageShape.height, imageShape.width] : [batch, classCount]
  }

  /// Holds a model's metadata against the kind that is needed.
  ///
  /// - Throws: `InputError` naming the tensor, expected and found; `UsageError` where the metadata leave something open
  ///   that the settings do not say, or say otherwise.
  init(_ kind: Kind, _ metadata: ModelMetadata, _ settings: ServedSettings, address: String) throws {
    self.kind = kind
    func tensor(_ name: String, _ type: String, _ tensors: [TensorMetadata], _ shape: String) throws -> TensorMetadata {
      let found = tensors.map(\.description).joined(separator: "; ")
      guard let tensor = tensors.first(where: { $0.name == name }) else {
        throw InputError(
          "the model is no \(kind.rawValue)", file: address, location: "tensor \"\(name)\"",
          expected: "\(name) \(type) \(shape)", found: found.isEmpty ? "none" : found)
      }
      guard tensor.datatype == type, tensor.shape.count == shape.split(separator: ",").count else {
        throw InputError(
          "wrong type or shape", file: address, location: "tensor \"\(name)\"",
          expected: "\(name) \(type) \(shape)", found: tensor.description)
      }
      return tensor
    }
    let image = try tensor("x", "FP32", metadata.inputs, "[B,C,H,W]")
    var columns: [TensorMetadata] = []
    let output: TensorMetadata
    switch kind {
    case .denoiser:
      columns = [
        try tensor("sigma", "FP32", metadata.inputs, "[B,1]"), try tensor("label", "INT64", metadata.inputs, "[B,1]"),
      ]
      for column in columns where column.shape[1] != 1 && column.shape[1] != -1 {
        throw InputError(
          "wrong shape", file: address, location: "tensor \"\(column.name)\"", expected: "[B,1]",
          found: column.description)
      }
      output = try tensor("denoised", "FP32", metadata.outputs, "[B,C,H,W]")
    case .classifier:
      output = try tensor("logits", "FP32", metadata.outputs, "[B,K]")
    }
    let known = Set([image.name] + columns.map(\.name))
    if let other = metadata.inputs.first(where: { !known.contains($0.name) }) {
      throw InputError(
        "the model wants an input that is not sent", file: address,
        location: "tensor \"\(ServerConnection.printable(other.name))\"",
        expected: known.sorted().joined(separator: ", "), found: other.description)
    }
    if let size = image.shape.dropFirst().first(where: { $0 == 0 })
      ?? output.shape.dropFirst().first(where: { $0 == 0 })
    {
      throw InputError("an empty tensor", file: address, found: "size \(size)")
    }

    // C, H and W: from x, from the output, and what is said beside them.
    var sizes = Array(image.shape[1...])
    if kind == .denoiser {
      for (place, size) in output.shape[1...].enumerated() where size != -1 {
        guard sizes[place] == -1 || sizes[place] == size else {
          throw InputError(
            "the output is not of the input's shape", file: address, location: "tensor \"denoised\"",
            expected: image.description, found: output.description)
        }
        sizes[place] = size
      }
    }
    if let named = settings.imageShape {
      for (place, size) in [named.channels, named.height, named.width].enumerated() {
        guard sizes[place] == -1 || sizes[place] == size else {
          throw UsageError("\(.imageShape) \(named): the model at \(address) takes \(image.description)")
        }
        sizes[place] = size
      }
    }
    guard !sizes.contains(-1) else {
      throw UsageError(
        "\(address) takes images of any size (\(image.description)): name theirs with \(.imageShape) C×H×W")
    }
    imageShape = ImageShape(channels: sizes[0], height: sizes[1], width: sizes[2])

    switch kind {
    case .denoiser:
      classCount = settings.classes ?? 0
    case .classifier:
      let told = output.shape[1]
      if let named = settings.classes, told != -1, named != told {
        throw UsageError("\(.classCount) \(named): the classifier at \(address) has \(told)")
      }
      guard let count = told == -1 ? settings.classes : told else {
        throw UsageError("\(address) does not say how many classes it has: name their number with \(.classCount) K")
      }
      guard count > 1 else {
        throw InputError("a classifier needs two classes", file: address, found: output.description)
      }
      classCount = count
    }

    // B: every tensor's first size.
    let fixed = ([image, output] + columns).compactMap { $0.shape[0] == -1 ? nil : $0.shape[0] }
    if let first = fixed.first, fixed.contains(where: { $0 != first }) {
      throw InputError(
        "the tensors have different numbers of rows", file: address,
        found: ([image, output] + columns).map(\.description).joined(separator: "; "))
    }
    if let rows = fixed.first {
      guard rows > 0, rows <= 65536 else {
        throw InputError("no such number of rows", file: address, found: "\(rows)")
      }
      if let named = settings.batch, named != rows {
        throw UsageError("\(.rows) \(named): the model at \(address) takes \(rows) rows, no more and no fewer")
      }
    }
    batch = settings.batch ?? fixed.first ?? ServedSettings.defaultBatch

    // Sizes first: the buffers of a request and its response.
    let row = sizes.reduce(1) { $0 > 1 << 31 ? $0 : $0 * $1 }
    guard row <= 1 << 28, classCount <= 1 << 24, batch * max(row, classCount) <= 1 << 31 else {
      throw InputError(
        "requests would be too large", file: address, expected: "at most 2³¹ values",
        found: "\(batch) × \(imageShape)")
    }
  }
}
