import Basics
import Foundation

/// Noise levels and weights found on data: what the weighting `learned` reads.
///
/// The file is JSON:
/// ```
/// {"format": "ndc-calibration-1", "levels": [{"sigma": 2.1, "weight": 0.3}, …], "notes": "optional text"}
/// ```
/// `sigma` is s_t in model space (finite, positive, strictly ascending); `weight` is ω_t itself, Δ_t included (finite,
/// not negative, at least one positive). A level may name an `amplitude` between 0 and 1: the share of its noise that is
/// added to the image before the denoiser sees it, 1 if absent. Other keys are refused. At most 10 000 levels, 4 MiB.
public struct Calibration: Hashable, Sendable, Codable {
  public static let format = "ndc-calibration-1"
  public static let largestFile = 4 << 20
  public static let mostLevels = 10_000

  /// One level and its weight.
  public struct Level: Hashable, Sendable, Codable {
    /// s_t, in model space.
    public var sigma: Double
    /// ω_t.
    public var weight: Double
    /// a in x_t = x̂ + a·s_t·ε; 1 as published, 0 for a level whose error has no Monte-Carlo noise of its own.
    public var amplitude: Double

    public init(sigma: Double, weight: Double, amplitude: Double = 1) {
      self.sigma = sigma
      self.weight = weight
      self.amplitude = amplitude
    }

    public init(from decoder: any Decoder) throws {
      let fields = try decoder.fields(["sigma", "weight", "amplitude"])
      sigma = try fields.decode(Double.self, forKey: FieldName("sigma"))
      weight = try fields.decode(Double.self, forKey: FieldName("weight"))
      amplitude = try fields.decodeIfPresent(Double.self, forKey: FieldName("amplitude")) ?? 1
    }

    public func encode(to encoder: any Encoder) throws {
      var fields = encoder.container(keyedBy: FieldName.self)
      try fields.encode(sigma, forKey: FieldName("sigma"))
      try fields.encode(weight, forKey: FieldName("weight"))
      if amplitude != 1 { try fields.encode(amplitude, forKey: FieldName("amplitude")) }
    }
  }

  /// In ascending order of s.
  public let levels: [Level]
  public let notes: String?

  /// - Throws: `InputError` naming the first level that breaks a rule.
  public init(levels: [Level], notes: String? = nil) throws {
    guard !levels.isEmpty, levels.count <= Self.mostLevels else {
      throw InputError(
        "impossible number of levels", location: "field \"levels\"", expected: "1 … \(Self.mostLevels)",
        found: "\(levels.count)")
    }
    for (index, level) in levels.enumerated() {
      let smallest = index == 0 ? 0 : levels[index - 1].sigma
      guard level.sigma.isFinite, level.sigma > smallest else {
        throw InputError(
          "impossible noise level", location: "field \"levels[\(index)].sigma\"",
          expected: "a finite number above \(smallest)", found: "\(level.sigma)")
      }
      guard level.weight.isFinite, level.weight >= 0 else {
        throw InputError(
          "impossible weight", location: "field \"levels[\(index)].weight\"", expected: "a finite number, not negative",
          found: "\(level.weight)")
      }
      guard (0...1).contains(level.amplitude) else {
        throw InputError(
          "impossible amplitude", location: "field \"levels[\(index)].amplitude\"", expected: "between 0 and 1",
          found: "\(level.amplitude)")
      }
    }
    guard levels.contains(where: { $0.weight > 0 }) else {
      throw InputError("every weight is zero", location: "field \"levels\"")
    }
    self.levels = levels
    self.notes = notes
  }

  /// Decodes the bytes of a calibration file.
  public init(json: Data) throws {
    self = try StableJSON.decode(Calibration.self, from: json)
  }

  public init(from decoder: any Decoder) throws {
    let fields = try decoder.fields(["format", "levels", "notes"])
    let format = try fields.decode(String.self, forKey: FieldName("format"))
    guard format == Self.format else {
      throw InputError(
        "not a calibration", location: "field \"format\"", expected: "\"\(Self.format)\"",
        found: "\"\(format.prefix(40))\"")
    }
    try self.init(
      levels: try fields.decode([Level].self, forKey: FieldName("levels")),
      notes: try fields.decodeIfPresent(String.self, forKey: FieldName("notes")))
  }

  public func encode(to encoder: any Encoder) throws {
    var fields = encoder.container(keyedBy: FieldName.self)
    try fields.encode(Self.format, forKey: FieldName("format"))
    try fields.encode(levels, forKey: FieldName("levels"))
    try fields.encodeIfPresent(notes, forKey: FieldName("notes"))
  }

  /// The share of a level's noise that is added to the image: 1 at any level that the file does not name.
  public func amplitude(at noise: ModelNoise) -> Double {
    levels.first { $0.sigma == noise.sigma }?.amplitude ?? 1
  }

  /// ω at a level of the file, nil at any other: weights are not interpolated.
  public func weight(at noise: ModelNoise) -> Double? {
    levels.first { $0.sigma == noise.sigma }?.weight
  }
}
