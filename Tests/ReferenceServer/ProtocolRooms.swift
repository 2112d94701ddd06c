import Basics
import Foundation

/// The paths of the protocol, with the fault that the options ask for.
final class ProtocolRooms: Sendable {
  private let answers: Answers
  private let options: Options
  /// Requests for inference so far, and how many are being answered now.
  private let counts = Mutex((asked: 0, underWay: 0))

  init(_ answers: Answers) {
    self.answers = answers
    options = answers.options
  }

  func answer(_ request: HTTPServer.Request) -> HTTPServer.Response {
    if let token = options.token, request.headers["authorization"] != "Bearer \(token)" {
      return json(.object(["error": .string("who are you?")]), status: 401)
    }
    switch (request.method, request.path) {
    case ("GET", "/v2"):
      return json(
        .object([
          "name": .string("reference-server"),
          "version": .string(options.countsConnections ? "\(request.connection)" : "1"),
          "extensions": .array(options.takesBytes ? [.string("binary_tensor_data")] : []),
        ]))
    case ("GET", "/v2/models/model"): return json(metadata)
    case ("POST", "/v2/models/model/infer"): return infer(request)
    default: return json(.object(["error": .string("no such model")]), status: 404)
    }
  }

  private func json(_ value: JSONValue, status: Int = 200) -> HTTPServer.Response {
    let body = (try? StableJSON.line(value)) ?? []
    return HTTPServer.Response(status: status, headers: ["Content-Type: application/json"], body: body)
  }

  private func tensor(_ name: String, _ type: String, _ shape: [Int]) -> JSONValue {
    .object(["name": .string(name), "datatype": .string(type), "shape": .array(shape.map { .integer($0) })])
  }

  private var metadata: JSONValue {
    let image = options.hidesShape ? [-1, -1, -1] : [options.channels, options.height, options.width]
    let rows = options.rows
    var inputs = [tensor("x", "FP32", [rows] + image)]
    if !options.isClassifier { inputs += [tensor("sigma", "FP32", [rows, 1]), tensor("label", "INT64", [rows, 1])] }
    let output =
      options.isClassifier
      ? tensor("logits", "FP32", [rows, options.hidesClasses ? -1 : options.classes])
      : tensor("denoised", options.fault == .type ? "FP64" : "FP32", [rows] + image)
    return .object([
      "name": .string("model"), "versions": .array([.string("1")]), "platform": .string("reference"),
      "inputs": .array(inputs), "outputs": .array([output]),
    ])
  }

  private func infer(_ request: HTTPServer.Request) -> HTTPServer.Response {
    let (asked, beside) = counts.withLock { counts in
      counts.asked += 1
      counts.underWay += 1
      return (counts.asked, counts.underWay)
    }
    defer { counts.withLock { $0.underWay -= 1 } }
    let isFaulty = asked > options.after && asked - options.after <= options.times
    let fault = isFaulty ? options.fault : .none
    switch fault {
    case .slow: usleep(UInt32(options.value) * 1000)
    case .hang: return HTTPServer.Response(isSilent: true)
    case .status: return json(.object(["error": .string("not now\u{1B}[31m")]), status: options.value)
    default: break
    }
    // Others get the time to come.
    if options.fault == .across { usleep(20_000) }
    do {
      return try respond(request, fault, asked: asked, beside: max(beside, counts.withLock { $0.underWay }))
    } catch {
      return json(.object(["error": .string("\(error)")]), status: 400)
    }
  }

  /// What describes the output's bytes.
  private func header(
    _ name: String, size: Int, shape: [Int]? = nil, rows: Int, datatype: String = "FP32"
  ) throws -> [UInt8] {
    let shape = shape ?? [rows, options.channels, options.height, options.width]
    return try StableJSON.line(
      JSONValue.object([
        "model_name": .string("model"),
        "outputs": .array([
          .object([
            "name": .string(name), "datatype": .string(datatype), "shape": .array(shape.map { .integer($0) }),
            "parameters": .object(["binary_data_size": .integer(size)]),
          ])
        ]),
      ]))
  }

  private func respond(
    _ request: HTTPServer.Request, _ fault: Options.Fault, asked: Int, beside: Int
  ) throws -> HTTPServer.Response {
    let isEcho = options.isPlainEcho && fault == .none
    let tensors = try RequestTensors(request, copiesX: !isEcho)
    if isEcho, let bytes = tensors.bytesOfX {
      let header = try header("denoised", size: bytes.count, rows: tensors.rows)
      return HTTPServer.Response(
        headers: ["Inference-Header-Content-Length: \(header.count)"], body: header, tail: request.body[bytes])
    }
    guard let x = tensors.floats["x"], tensors.rows > 0, x.count == tensors.rows * answers.pixels else {
      throw InputError("x has another shape", expected: "rows of \(answers.pixels)")
    }
    let labels = tensors.labels
    if !options.answersWithoutLabel, labels.contains(where: { $0 < 0 }) {
      throw InputError("a label is needed")
    }
    let variant = fault == .swap ? 1 / 1024 : options.variant
    var values = try answers.rows(x: x, sigma: tensors.floats["sigma"] ?? [], labels: labels, variant: variant)
    let row = values.count / tensors.rows
    switch fault {
    case .companions:
      let strange = x.reduce(0, +) / 1e6
      for index in values.indices { values[index] += strange }
    case .across: if beside > 1 { values[0] += 1 / 1024 }
    case .unrepeatable: values[0] += Float(asked) / 1024
    case .nan: values[row * (tensors.rows - 1) / 2] = .nan
    default: break
    }
    var shape =
      options.isClassifier
      ? [tensors.rows, options.classes] : [tensors.rows, options.channels, options.height, options.width]
    if fault == .shape { shape.swapAt(0, 1) }
    let name = fault == .name ? "result" : options.isClassifier ? "logits" : "denoised"
    guard tensors.isBinary else {
      let data = values.map { $0.isFinite ? JSONValue.number(Double($0)) : .string("NaN") }
      return json(
        .object([
          "model_name": .string("model"),
          "outputs": .array([
            .object([
              "name": .string(name), "datatype": .string("FP32"), "shape": .array(shape.map { .integer($0) }),
              "data": .array(data),
            ])
          ]),
        ]))
    }
    var bytes = values.withUnsafeBytes(Array.init)
    if fault == .size { bytes.removeLast(4) }
    let header = try header(
      name, size: bytes.count, shape: shape, rows: tensors.rows, datatype: fault == .text ? "BYTES" : "FP32")
    var response = HTTPServer.Response(
      headers: [
        "Content-Type: application/octet-stream",
        "Inference-Header-Content-Length: \(fault == .header ? header.count + bytes.count + 9 : header.count)",
      ], body: header + bytes)
    if fault == .cut { response.cutAfter = response.body.count / 2 }
    if fault == .long { response.body += [UInt8](repeating: 65, count: 4 << 20) }
    return response
  }
}

/// The tensors of a request, as bytes or as text.
struct RequestTensors {
  var floats: [String: [Float]] = [:]
  var labels: [Int64] = []
  var rows = 0
  var isBinary = false
  /// Where x lies in the request's body.
  var bytesOfX: Range<Int>?

  /// - Parameter copiesX: whether the values of x are wanted, not only their place.
  init(_ request: HTTPServer.Request, copiesX: Bool = true) throws {
    let length = request.headers["inference-header-content-length"].flatMap { Int($0) }
    isBinary = length != nil
    let head = request.body[..<(length ?? request.body.count)]
    let json = try head.withUnsafeBytes { try JSONValue(strict: $0, most: 1 << 24) }
    var start = head.endIndex
    for input in json["inputs"]?.array ?? [] {
      let name = input["name"]?.string ?? ""
      rows = input["shape"]?.array?.first?.natural ?? 0
      if let size = input["parameters"]?["binary_data_size"]?.natural {
        guard start + size <= request.body.count else { throw InputError("\(name) is cut off") }
        if name == "x" { bytesOfX = start..<start + size }
        if name != "x" || copiesX {
          request.body[start..<start + size].withUnsafeBytes { bytes in
            if name == "label" {
              labels = (0..<size / 8).map { bytes.loadUnaligned(fromByteOffset: 8 * $0, as: Int64.self) }
            } else {
              floats[name] = [Float](unsafeUninitializedCapacity: size / 4) { floats, count in
                UnsafeMutableRawBufferPointer(floats).copyMemory(from: bytes)
                count = size / 4
              }
            }
          }
        }
        start += size
      } else {
        let numbers = (input["data"]?.array ?? []).map { value -> Double in
          switch value {
          case .integer(let number): Double(number)
          case .number(let number): number
          default: .nan
          }
        }
        if name == "label" { labels = numbers.map { Int64($0) } } else { floats[name] = numbers.map { Float($0) } }
      }
    }
  }
}
