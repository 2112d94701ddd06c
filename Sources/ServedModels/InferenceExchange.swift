import Basics
import Foundation

/// Sends rows and receives rows: one request of B rows at a time, on a connection of its own.
///
/// Every request has the same size: rows that are missing repeat the last one, so that a server that compiles for a
/// shape, and arithmetic that depends on it, see one shape only.
final class InferenceExchange {
  let signature: ServedSignature
  let connection: ServerConnection
  private let path: String
  private let isBinary: Bool
  /// The request as bytes; its JSON part never changes when tensors travel as bytes.
  private var request: [UInt8]
  private let headerLength: Int
  private var decoded: [Float] = []

  /// - Throws: as `ServerConnection`; `InputError` where the memory for a request is not to be had.
  init(_ signature: ServedSignature, connection: ServerConnection, isBinary: Bool) throws {
    self.signature = signature
    self.connection = connection
    self.isBinary = isBinary
    path = connection.address.path + "/infer"
    let header = isBinary ? try Self.binaryHeader(signature) : []
    headerLength = header.count
    let size = isBinary ? header.count + signature.batch * Self.rowBytes(signature) : 0
    try MemoryBudget.require(size + 4 * signature.batch * signature.outputRow, for: "a request", file: nil)
    request = header + [UInt8](repeating: 0, count: size - header.count)
  }

  /// Rows of a request, in pieces as the caller has them.
  struct Rows {
    /// n×C×H×W floats, 1 ≤ n ≤ B.
    var x: UnsafeBufferPointer<Float>
    /// n levels and n labels (−1: none); empty for a classifier.
    var sigma: [Float] = []
    var labels: [Int64] = []

    func count(_ signature: ServedSignature) -> Int { x.count / signature.imageShape.count }
  }

  enum Answer {
    case rows(isOnNewConnection: Bool)
    /// The server does not answer such a query, in its words.
    case refused(String)
  }

  /// Sends n rows and hands over their n answers (n × ``ServedSignature/outputRow`` floats, all finite).
  ///
  /// - Parameter mayRefuse: whether an error status is an answer.
  /// - Throws: `ServerUnavailable`; `InputError` for an answer of another shape or type or with values that are not
  ///   finite; `CancellationError`.
  func ask(
    _ rows: Rows, mayRefuse: Bool = false, receive: (UnsafeBufferPointer<Float>) throws -> Void
  ) throws -> Answer {
    let count = rows.count(signature)
    precondition(count > 0 && count <= signature.batch, "a request carries 1 to \(signature.batch) rows")
    if isBinary { write(rows, count) } else { request = try Self.text(rows, count, signature) }
    let limit = responseLimit
    let refusals: Set<Int> = mayRefuse ? [400, 404, 422, 500] : []
    let response = try connection.response(limit: limit, accepting: refusals) { http in
      try request.withUnsafeBytes {
        try http.post(path, body: $0, inferenceHeaderLength: isBinary ? headerLength : nil, limit: limit)
      }
    }
    guard response.status == 200 else { return .refused("status \(response.status)\(connection.reason)") }
    if let length = response.inferenceHeaderLength {
      try readBytes(headerLength: length)
    } else {
      decoded = try textOutput()
    }
    try decoded.withUnsafeBufferPointer { values in
      let answers = UnsafeBufferPointer(rebasing: values[..<(count * signature.outputRow)])
      try requireFinite(answers)
      try receive(answers)
    }
    return .rows(isOnNewConnection: response.isOnNewConnection)
  }

  private var responseLimit: Int {
    let values = signature.batch * signature.outputRow
    // A float as text takes some 24 characters at most, with what separates it from the next.
    return 1 << 16 + (isBinary ? 4 : 32) * values
  }

  private func error(_ problem: String, expected: String? = nil, found: String? = nil) -> InputError {
    InputError(
      problem, file: connection.address.text, location: "tensor \"\(signature.outputName)\"", expected: expected,
      found: found.map(ServerConnection.printable))
  }

  static let notFinite = "a value is not finite"

  private func requireFinite(_ values: UnsafeBufferPointer<Float>) throws {
    // A sum of v − v is 0 unless a value is not finite; it is vectorised, a loop of questions is not.
    var sums = SIMD16<Float>.zero
    let whole = values.count & ~15
    let bytes = UnsafeRawBufferPointer(values)
    for start in stride(from: 0, to: whole, by: 16) {
      let lanes = bytes.loadUnaligned(fromByteOffset: 4 * start, as: SIMD16<Float>.self)
      sums += lanes - lanes
    }
    let rest = values[whole...].reduce(Float(0)) { $0 + ($1 - $1) }
    guard sums.sum() + rest == 0 else {
      let place = values.firstIndex { !$0.isFinite } ?? 0
      throw error(
        Self.notFinite, expected: "finite values",
        found: "\(values[place]) in row \(place / signature.outputRow)")
    }
  }
}

// MARK: Bytes

extension InferenceExchange {
  private static func rowBytes(_ signature: ServedSignature) -> Int {
    4 * signature.imageShape.count + (signature.kind == .denoiser ? 4 + 8 : 0)
  }

  private static func inputs(_ signature: ServedSignature) -> [(name: String, type: String, shape: [Int], size: Int)] {
    let batch = signature.batch
    let shape = signature.imageShape
    let image = ("x", "FP32", [batch, shape.channels, shape.height, shape.width], 4)
    return signature.kind == .classifier
      ? [image] : [image, ("sigma", "FP32", [batch, 1], 4), ("label", "INT64", [batch, 1], 8)]
  }

  private static func binaryHeader(_ signature: ServedSignature) throws -> [UInt8] {
    let inputs = inputs(signature).map { input in
      JSONValue.object([
        "name": .string(input.name), "datatype": .string(input.type), "shape": .array(input.shape.map { .integer($0) }),
        "parameters": .object(["binary_data_size": .integer(input.shape.reduce(input.size, *))]),
      ])
    }
    return try StableJSON.line(
      JSONValue.object(["inputs": .array(inputs), "outputs": outputs(signature, isBinary: true)]))
  }

  private static func outputs(_ signature: ServedSignature, isBinary: Bool) -> JSONValue {
    .array([
      .object([
        "name": .string(signature.outputName), "parameters": .object(["binary_data": .bool(isBinary)]),
      ])
    ])
  }

  private func write(_ rows: Rows, _ count: Int) {
    let batch = signature.batch
    let pixels = 4 * signature.imageShape.count
    request.withUnsafeMutableBytes { bytes in
      func put(_ source: UnsafeRawBufferPointer, at start: Int, row: Int) {
        guard let base = bytes.baseAddress, let from = source.baseAddress else { return }
        (base + start).copyMemory(from: from, byteCount: count * row)
        for missing in count..<max(count, batch) {
          (base + start + missing * row).copyMemory(from: from + (count - 1) * row, byteCount: row)
        }
      }
      put(UnsafeRawBufferPointer(rows.x), at: headerLength, row: pixels)
      guard signature.kind == .denoiser else { return }
      rows.sigma.withUnsafeBytes { put($0, at: headerLength + batch * pixels, row: 4) }
      rows.labels.withUnsafeBytes { put($0, at: headerLength + batch * (pixels + 4), row: 8) }
    }
  }

  /// Takes the output's bytes, at whatever place among the response's binary tensors.
  private func readBytes(headerLength: Int) throws {
    let body = connection.body
    guard headerLength >= 0, headerLength <= body.count, headerLength <= 1 << 16 else {
      throw error("no such header length", expected: "at most \(min(body.count, 1 << 16))", found: "\(headerLength)")
    }
    let outputs = try described(UnsafeRawBufferPointer(rebasing: body[..<headerLength]))
    var start = headerLength
    for output in outputs {
      guard let size = output["parameters"]?["binary_data_size"]?.natural else {
        if output["name"]?.string != signature.outputName { continue }
        throw error("the response has no bytes for it", expected: "binary_data_size")
      }
      guard size <= body.count - start else {
        throw error(
          "the response ends too soon", expected: "\(size) bytes from offset \(start)",
          found: "\(body.count - start)")
      }
      if output["name"]?.string == signature.outputName {
        let expected = 4 * signature.batch * signature.outputRow
        guard size == expected else { throw error("wrong size", expected: "\(expected) bytes", found: "\(size)") }
        if decoded.count != size / 4 { decoded = [Float](repeating: 0, count: size / 4) }
        decoded.withUnsafeMutableBytes {
          $0.copyMemory(from: UnsafeRawBufferPointer(rebasing: body[start..<start + size]))
        }
        return
      }
      start += size
    }
    throw error("the response does not have it")
  }

  /// The outputs of a response, ours checked for type and shape.
  private func described(_ bytes: UnsafeRawBufferPointer) throws -> [JSONValue] {
    let json: JSONValue
    do {
      json = try JSONValue(strict: bytes, most: 1 << 16 + signature.batch * signature.outputRow)
    } catch let problem as InputError {
      throw error("the response is not JSON", found: problem.description)
    }
    guard let outputs = json["outputs"]?.array else { throw error("the response has no outputs") }
    guard let output = outputs.first(where: { $0["name"]?.string == signature.outputName }) else {
      throw error(
        "the response does not have it",
        found: outputs.compactMap { $0["name"]?.string }.joined(separator: ", ").nonEmpty ?? "none")
    }
    guard output["datatype"]?.string == "FP32" else {
      throw error("wrong type", expected: "FP32", found: output["datatype"]?.string ?? "none")
    }
    let shape = output["shape"]?.array?.map { $0.natural ?? -1 } ?? []
    guard shape == signature.outputShape else {
      throw error("wrong shape", expected: "\(signature.outputShape)", found: "\(shape)")
    }
    return outputs
  }
}

// MARK: Text

extension InferenceExchange {
  /// The request where the server takes no bytes: every float in the shortest form that reads back as itself.
  private static func text(_ rows: Rows, _ count: Int, _ signature: ServedSignature) throws -> [UInt8] {
    var text = "{\"inputs\":["
    for (place, input) in inputs(signature).enumerated() {
      if place > 0 { text += "," }
      let shape = input.shape.map(String.init).joined(separator: ",")
      text += "{\"name\":\"\(input.name)\",\"datatype\":\"\(input.type)\",\"shape\":[\(shape)],\"data\":["
      let row = place == 0 ? signature.imageShape.count : 1
      for index in 0..<signature.batch * row {
        if index > 0 { text += "," }
        let source = min(index / row, count - 1) * row + index % row
        switch place {
        case 0: text += rows.x[source].description
        case 1: text += rows.sigma[source].description
        default: text += rows.labels[source].description
        }
      }
      text += "]}"
    }
    let outputs = String(decoding: try StableJSON.line(outputs(signature, isBinary: false)), as: UTF8.self)
    return Array((text + "],\"outputs\":\(outputs)}").utf8)
  }

  private func textOutput() throws -> [Float] {
    let outputs = try described(connection.body)
    guard let data = outputs.first(where: { $0["name"]?.string == signature.outputName })?["data"]?.array else {
      throw error("the response has no data for it")
    }
    let expected = signature.batch * signature.outputRow
    var values = [Float]()
    values.reserveCapacity(expected)
    try append(data, to: &values, most: expected)
    guard values.count == expected else {
      throw error("wrong number of values", expected: "\(expected)", found: "\(values.count)")
    }
    return values
  }

  /// Flat or nested: the protocol allows both.
  private func append(_ data: [JSONValue], to values: inout [Float], most: Int) throws {
    for value in data {
      switch value {
      case .array(let inner): try append(inner, to: &values, most: most)
      case .integer(let number): values.append(Float(number))
      case .unsigned(let number): values.append(Float(number))
      case .number(let number): values.append(Float(number))
      default: throw error("a value is not a finite number", found: value.description)
      }
      guard values.count <= most else { throw error("too many values", expected: "\(most)") }
    }
  }
}
