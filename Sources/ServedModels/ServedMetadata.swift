import Basics

/// What `GET /v2` says of a server.
struct ServerMetadata {
  var name: String
  var version: String
  var extensions: [String]

  /// Whether tensors may travel as bytes.
  var takesBinaryTensors: Bool { extensions.contains("binary_tensor_data") }

  init(_ connection: ServerConnection) throws {
    let json = try connection.json(at: "/v2")
    name = ServerConnection.printable(json["name"]?.string ?? "unnamed server")
    version = ServerConnection.printable(json["version"]?.string ?? "unknown version")
    extensions = json["extensions"]?.array?.compactMap(\.string) ?? []
  }
}

/// A tensor as `GET /v2/models/NAME` describes it; −1 stands for any size.
struct TensorMetadata: Hashable {
  var name: String
  var datatype: String
  var shape: [Int]

  init(_ json: JSONValue, file: String, field: String) throws {
    guard let name = json["name"]?.string, let datatype = json["datatype"]?.string, let shape = json["shape"]?.array
    else {
      throw InputError(
        "the model's metadata do not describe a tensor", file: file, location: field,
        expected: "name, datatype and shape")
    }
    self.name = name
    self.datatype = datatype
    self.shape = try shape.map { size in
      guard case .integer(let size) = size, size >= -1, size <= 1 << 31 else {
        throw InputError(
          "no such size in a shape", file: file, location: "\(field) \"\(ServerConnection.printable(name))\"",
          expected: "−1 or a size", found: ServerConnection.printable(size.description))
      }
      return size
    }
  }

  var description: String {
    "\(ServerConnection.printable(name)) \(ServerConnection.printable(datatype)) [\(shape.map(String.init).joined(separator: ","))]"
  }
}

/// What `GET /v2/models/NAME` says of a model.
struct ModelMetadata {
  var inputs: [TensorMetadata]
  var outputs: [TensorMetadata]
  /// As the server lists them.
  var versions: [String]

  init(_ connection: ServerConnection) throws {
    let address = connection.address
    let json = try connection.json(at: address.path)
    func tensors(_ field: String) throws -> [TensorMetadata] {
      guard let list = json[field]?.array else {
        throw InputError("the model's metadata are incomplete", file: address.text, location: "field \"\(field)\"")
      }
      return try list.map { try TensorMetadata($0, file: address.text, field: field) }
    }
    inputs = try tensors("inputs")
    outputs = try tensors("outputs")
    versions = json["versions"]?.array?.compactMap(\.string).map(ServerConnection.printable) ?? []
  }
}

extension ServerConnection {
  /// - Throws: as `response`; `InputError` for a body that is not JSON.
  func json(at path: String) throws -> JSONValue {
    _ = try response(limit: 1 << 20) { try $0.get(path, limit: 1 << 20) }
    do { return try JSONValue(strict: body) } catch let error as InputError { throw error.inFile(address.text) }
  }
}
