import Basics
import Foundation

/// How a quantisation is written into a file's metadata, and read back strictly: every field known, present once and
/// in range, every convolution one of the file's, the weights those that were calibrated.
enum QuantizationJSON {
  static let key = "ndc.quantization"
  /// Far above what any network needs.
  static let maximumLength = 1 << 22

  private struct Text: Encodable {
    struct Calibration: Encodable {
      var data: String
      var digest: String
      var images: Int
      var levels: [Double]
      var seed: UInt64
      var rule: String
    }
    struct Input: Encodable {
      var scale: Float
      var zeroPoint: Int
    }
    var version: Int
    var weights: String
    var calibration: Calibration
    var inputs: [String: Input]
  }

  static func encode(_ quantization: Quantization) throws -> String {
    let calibration = quantization.calibration
    return try ArchitectureJSON.encode(
      Text(
        version: Quantization.version, weights: quantization.weights,
        calibration: Text.Calibration(
          data: calibration.data, digest: calibration.digest, images: calibration.images, levels: calibration.levels,
          seed: calibration.seed, rule: calibration.rule.rawValue),
        inputs: quantization.inputs.mapValues { Text.Input(scale: $0.scale, zeroPoint: $0.zeroPoint) }))
  }

  /// - Throws: `InputError` naming the file and the field.
  static func decode(_ text: String, file: String) throws -> Quantization {
    guard text.utf8.count <= maximumLength else {
      throw Field.failure("too long", "", file, expected: "at most \(maximumLength) bytes")
    }
    let json: JSONValue
    do {
      json = try Array(text.utf8).withUnsafeBytes { try JSONValue(strict: $0) }
    } catch let error as InputError {
      throw Field.failure(error.problem, "", file, found: error.location)
    }
    // The version first: another one may have other fields.
    guard let version = json["version"]?.natural, version == Quantization.version else {
      throw Field.failure("unknown version of the quantisation", "version", file, expected: "\(Quantization.version)")
    }
    let root = try Field(json, "", file).object(["version", "weights", "calibration", "inputs"])
    let calibration = try root.field("calibration").object(["data", "digest", "images", "levels", "seed", "rule"])
    return Quantization(
      weights: try root.field("weights").digest(),
      calibration: Quantization.Calibration(
        data: try calibration.field("data").string(), digest: try calibration.field("digest").digest(),
        images: try calibration.field("images").integer(1...Int.max),
        levels: try calibration.field("levels").levels(), seed: try calibration.field("seed").seed(),
        rule: try calibration.field("rule").rule()),
      inputs: try root.field("inputs").inputs())
  }

  /// Every entry must name a convolution of this checkpoint, and the weights must be those that were calibrated.
  static func check(_ quantization: Quantization, against checkpoint: Checkpoint) throws {
    for path in quantization.inputs.keys.sorted() {
      guard checkpoint.tensors[path + ".weight"]?.shape.count == 4 else {
        throw Field.failure(
          "the file has no such convolution", "inputs.\(path.prefix(256))", checkpoint.file,
          expected: "a tensor \"\(path.prefix(256)).weight\" of four axes")
      }
    }
    let digest = checkpoint.weightsDigest()
    guard quantization.weights == digest else {
      throw Field.failure(
        "the ranges were measured on other weights; run `ndc quantize` again", "weights", checkpoint.file,
        expected: digest, found: quantization.weights)
    }
  }
}

/// A value of the metadata with its path, for errors that name it.
private struct Field {
  let json: JSONValue?
  let path: String
  let file: String

  init(_ json: JSONValue?, _ path: String, _ file: String) {
    self.json = json
    self.path = path
    self.file = file
  }

  static func failure(
    _ problem: String, _ path: String, _ file: String, expected: String? = nil, found: String? = nil
  ) -> InputError {
    InputError(
      problem, file: file,
      location: "metadata \"\(QuantizationJSON.key)\"" + (path.isEmpty ? "" : ", field \"\(path)\""),
      expected: expected, found: found)
  }

  private func wrong(_ expected: String) -> InputError {
    let found: String =
      switch json {
      case nil: "nothing"
      case .integer(let value)?: "\(value)"
      case .unsigned(let value)?: "\(value)"
      case .number(let value)?: "\(value)"
      case .string(let text)?: "\"\(text.prefix(80))\""
      case .null?: "null"
      case .bool(let value)?: "\(value)"
      case .array?: "a list"
      case .object?: "an object"
      }
    return Self.failure("the quantisation cannot be read", path, file, expected: expected, found: found)
  }

  private func child(_ key: String, _ value: JSONValue?) -> Field {
    Field(value, path.isEmpty ? key : "\(path).\(key)", file)
  }

  func field(_ key: String) -> Field { child(key, json?[key]) }

  /// Itself, an object with exactly these fields.
  func object(_ keys: Set<String>) throws -> Field {
    guard case .object(let members)? = json else { throw wrong("an object") }
    if let key = members.keys.sorted().first(where: { !keys.contains($0) }) {
      throw Self.failure("a field that is not understood", child("\(key.prefix(80))", nil).path, file)
    }
    for key in keys.sorted() where json?[key] == nil { throw field(key).wrong("a value") }
    return self
  }

  func string() throws -> String {
    guard let text = json?.string else { throw wrong("text") }
    return text
  }

  private var number: Double? {
    switch json {
    case .integer(let value)?: Double(value)
    case .unsigned(let value)?: Double(value)
    case .number(let value)?: value
    default: nil
    }
  }

  func digest() throws -> String {
    guard let text = json?.string, text.utf8.count == 64,
      text.utf8.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x66).contains($0) })
    else { throw wrong("a SHA-256 of 64 hexadecimal digits") }
    return text
  }

  func integer(_ range: ClosedRange<Int>) throws -> Int {
    guard let value = json?.natural, range.contains(value) else {
      throw wrong("an integer from \(range.lowerBound)" + (range.upperBound == .max ? "" : " to \(range.upperBound)"))
    }
    return value
  }

  func seed() throws -> UInt64 {
    if let value = json?.natural { return UInt64(value) }
    guard case .unsigned(let value)? = json else { throw wrong("an integer of 64 bits") }
    return value
  }

  func rule() throws -> Quantization.Rule {
    guard let rule = json?.string.flatMap(Quantization.Rule.init) else {
      throw wrong(Quantization.Rule.allCases.map(\.rawValue).joined(separator: ", "))
    }
    return rule
  }

  func levels() throws -> [Double] {
    guard let elements = json?.array, !elements.isEmpty else { throw wrong("a list of noise levels") }
    return try elements.enumerated().map { index, element in
      let item = child("\(index)", element)
      guard let value = item.number, value.isFinite, value > 0 else {
        throw item.wrong("a finite number above 0")
      }
      return value
    }
  }

  func inputs() throws -> [String: Quantization.Input] {
    guard case .object(let members)? = json, !members.isEmpty else { throw wrong("at least one convolution") }
    var inputs = [String: Quantization.Input]()
    for (path, value) in members.sorted(by: { $0.key < $1.key }) {
      let entry = try child("\(path.prefix(256))", value).object(["scale", "zeroPoint"])
      inputs[path] = Quantization.Input(
        scale: try entry.field("scale").scale(), zeroPoint: try entry.field("zeroPoint").integer(0...255))
    }
    return inputs
  }

  private func scale() throws -> Float {
    // By its digits: rounded to a double first, a number halfway between two floats could become the wrong one.
    guard let number, let value = Float("\(number)"), Quantization.Input.scales.contains(value) else {
      throw wrong("a number from 2^-60 to 2^60")
    }
    return value
  }
}
