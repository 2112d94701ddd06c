import Basics
import Diffusion
import Foundation

/// What `ndc calibrate` found out about a model on training images: per smoothing noise, which levels to evaluate, with
/// which weights, in which order, and how far behind a class may fall before it is dropped.
///
/// The file is JSON:
/// ```
/// {"format": "ndc-calibration-2", "model": "digest of the weights", "entries": [
///   {"sigma": 0.5, "method": "apndc", "levels": [{"sigma": 3, "weight": 0.2}, …], "race": {"order": [1, 0], "margins": [4.1, null]},
///    "images": 1000, "accuracy": 0.97, "evaluationsPerVote": 17.2}, …], "notes": "optional text"}
/// ```
/// `sigma` of an entry is in pixels, of a level in model space; margins are in the unit of the losses, null keeps every
/// class. An entry with `"classes": [3, 5, 8]` was learned among these classes and serves no others; one with
/// `"symmetry": "mirror"` is for the denoiser averaged with itself on mirrored pictures. A file of the older format `ndc-calibration-1` (levels and weights alone) is read as one entry for every
/// smoothing noise. Other keys are refused.
public struct CalibrationTable: Hashable, Sendable {
  public static let format = "ndc-calibration-2"
  /// An entry serves smoothing noises up to this factor away from its own.
  public static let reach = 1.25

  public struct Entry: Hashable, Sendable {
    /// σ in pixels; nil serves every noise.
    public var sigma: Double?
    public var method: ClassificationMethod?
    /// The classes it was learned among; nil for all of the model's.
    public var classes: ClassSet?
    public var levels: Calibration
    /// What the denoiser was averaged under.
    public var symmetry: ImageSymmetry?
    /// nil evaluates every class at every level.
    public var race: Race?
    /// Training votes that the weights and the race were learned from.
    public var images: Int?
    /// Share of them classified correctly, each by weights and a race that were learned without it (``CrossFit``), at
    /// levels chosen on other images. Up to version 0.2.0 by those that were learned with it: too high.
    public var accuracy: Double?
    /// What a vote cost on average, in the same way.
    public var evaluationsPerVote: Double?

    public init(
      sigma: Double?, method: ClassificationMethod?, classes: ClassSet? = nil, levels: Calibration,
      symmetry: ImageSymmetry? = nil, race: Race? = nil, images: Int? = nil, accuracy: Double? = nil,
      evaluationsPerVote: Double? = nil
    ) {
      self.sigma = sigma
      self.method = method
      self.classes = classes
      self.levels = levels
      self.symmetry = symmetry
      self.race = race
      self.images = images
      self.accuracy = accuracy
      self.evaluationsPerVote = evaluationsPerVote
    }
  }

  /// The digest of the weights it was learned on, whatever file they come in.
  public var model: String?
  public var entries: [Entry]
  public var notes: String?

  public init(model: String?, entries: [Entry], notes: String? = nil) {
    self.model = model
    self.entries = entries
    self.notes = notes
  }

  /// The entry for a method and a set of classes whose noise is nearest to σ, as a ratio, and within reach.
  ///
  /// - Parameters:
  ///   - method: nil for any.
  ///   - classes: nil for all of the model's.
  public func entry(sigma: Double, method: ClassificationMethod?, classes: ClassSet? = nil) -> Entry? {
    func distance(_ entry: Entry) -> Double { entry.sigma.map { abs(log($0 / sigma)) } ?? log(Self.reach) }
    return
      entries
      .filter { ($0.method == nil || method == nil || $0.method == method) && $0.classes == classes }
      .filter { distance($0) <= log(Self.reach) * (1 + 1e-12) }
      .min { distance($0) < distance($1) }?
      .following(sigma)
  }

  /// The classes of an entry that would serve but for them, in words; nil where there is none.
  package func otherClasses(sigma: Double, method: ClassificationMethod?, than classes: ClassSet?) -> String? {
    entries.map(\.classes).first { $0 != classes && entry(sigma: sigma, method: method, classes: $0) != nil }
      .map { $0.map { "\($0)" } ?? "all classes" }
  }

  /// What an earlier file on the same weights says and this table does not: for as long as more is being learned.
  ///
  /// - Parameter path: the earlier file; nothing where it cannot be read.
  package func keepingEarlier(of path: String) -> CalibrationTable {
    guard let earlier = try? CalibrationTable(path: path), earlier.model == model, model != nil else { return self }
    var table = self
    table.entries += earlier.entries.filter { old in
      !entries.contains { ($0.sigma, $0.method, $0.classes) == (old.sigma, old.method, old.classes) }
    }
    return table
  }

  /// Takes over the entries of an earlier file that were learned among other classes on the same weights, if there is
  /// one that can be read.
  public mutating func keepOtherClasses(of path: String, than classes: ClassSet?) {
    guard let earlier = try? CalibrationTable(path: path), earlier.model == model, model != nil else { return }
    entries += earlier.entries.filter { $0.classes != classes }
  }

  /// Where the calibration of a model lies: beside it, with the ending `.calibration.json`.
  public static func path(besideModel model: String) -> String {
    URL(fileURLWithPath: model).deletingPathExtension().path + ".calibration.json"
  }
}

extension CalibrationTable.Entry {
  /// With σ_τ of another noise σ where an entry for `apndc-posterior` has its own σ_τ as a level: there the pass that
  /// gives the estimate gives the losses too (``LevelPasses``), and beside σ_τ it would not.
  fileprivate func following(_ other: Double) -> Self {
    guard method == .approximatePosteriorFromInput, let sigma, sigma != other else { return self }
    let (own, wanted) = (PixelNoise(sigma).inModelSpace.sigma, PixelNoise(other).inModelSpace.sigma)
    let moved = levels.levels.map {
      $0.sigma == own ? .init(sigma: wanted, weight: $0.weight, amplitude: $0.amplitude) : $0
    }
    // Where another level lies between the two, none is moved.
    guard let levels = try? Calibration(levels: moved, notes: levels.notes) else { return self }
    var entry = self
    entry.levels = levels
    return entry
  }
}

extension CalibrationTable {
  /// Reads a calibration file of either format.
  ///
  /// - Throws: `InputError` naming the file and the field.
  public init(path: String) throws {
    let bytes = try BoundedFile.readJSON(path, limit: Calibration.largestFile, kind: "a calibration")
    do {
      try self.init(json: Data(bytes))
    } catch let error as InputError {
      throw error.inFile(path)
    }
  }

  /// Writes a calibration file.
  ///
  /// - Throws: `InputError` naming the file.
  public func write(to path: String) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    try AtomicFile.write(Array(try encoder.encode(self)) + [UInt8(ascii: "\n")], to: path)
  }

  public init(json: Data) throws {
    struct Head: Decodable { var format: String? }
    if (try? JSONDecoder().decode(Head.self, from: json))?.format == Calibration.format {
      let levels = try Calibration(json: json)
      self.init(model: nil, entries: [Entry(sigma: nil, method: nil, levels: levels)], notes: levels.notes)
    } else {
      self = try StableJSON.decode(CalibrationTable.self, from: json)
    }
  }
}

extension CalibrationTable: Codable {
  public init(from decoder: any Decoder) throws {
    let fields = try decoder.fields(["format", "model", "entries", "notes"])
    let format = try fields.decode(String.self, forKey: FieldName("format"))
    guard format == Self.format else {
      throw InputError(
        "not a calibration", location: "field \"format\"", expected: "\"\(Self.format)\"",
        found: "\"\(format.prefix(40))\"")
    }
    model = try fields.decodeIfPresent(String.self, forKey: FieldName("model"))
    entries = try fields.decode([Entry].self, forKey: FieldName("entries"))
    notes = try fields.decodeIfPresent(String.self, forKey: FieldName("notes"))
    guard !entries.isEmpty else { throw InputError("no entry", location: "field \"entries\"") }
  }

  public func encode(to encoder: any Encoder) throws {
    var fields = encoder.container(keyedBy: FieldName.self)
    try fields.encode(Self.format, forKey: FieldName("format"))
    try fields.encodeIfPresent(model, forKey: FieldName("model"))
    try fields.encode(entries, forKey: FieldName("entries"))
    try fields.encodeIfPresent(notes, forKey: FieldName("notes"))
  }
}

extension CalibrationTable.Entry: Codable {
  public init(from decoder: any Decoder) throws {
    let fields = try decoder.fields([
      "sigma", "method", "classes", "levels", "symmetry", "race", "images", "accuracy", "evaluationsPerVote",
    ])
    func refuse(_ field: String, _ expected: String, _ found: String) -> InputError {
      InputError(
        "impossible value", location: "field \"\((decoder.codingPath + [FieldName(field)]).fieldPath)\"",
        expected: expected, found: found)
    }
    sigma = try fields.decodeIfPresent(Double.self, forKey: FieldName("sigma"))
    if let sigma, !(sigma.isFinite && sigma > 0) { throw refuse("sigma", "a finite number above 0", "\(sigma)") }
    method = try fields.decodeIfPresent(ClassificationMethod.self, forKey: FieldName("method"))
    classes = try fields.decodeIfPresent(ClassSet.self, forKey: FieldName("classes"))
    levels = try Calibration(levels: try fields.decode([Calibration.Level].self, forKey: FieldName("levels")))
    symmetry = try fields.decodeIfPresent(ImageSymmetry.self, forKey: FieldName("symmetry"))
    race = try fields.decodeIfPresent(Race.self, forKey: FieldName("race"))
    images = try fields.decodeIfPresent(Int.self, forKey: FieldName("images"))
    accuracy = try fields.decodeIfPresent(Double.self, forKey: FieldName("accuracy"))
    evaluationsPerVote = try fields.decodeIfPresent(Double.self, forKey: FieldName("evaluationsPerVote"))
    do {
      try race?.validate(levelCount: levels.levels.count)
    } catch let error as UsageError {
      throw refuse("race", "a race over \(levels.levels.count) levels", "\(error)")
    }
  }

  public func encode(to encoder: any Encoder) throws {
    var fields = encoder.container(keyedBy: FieldName.self)
    try fields.encodeIfPresent(sigma, forKey: FieldName("sigma"))
    try fields.encodeIfPresent(method, forKey: FieldName("method"))
    try fields.encodeIfPresent(classes, forKey: FieldName("classes"))
    try fields.encode(levels.levels, forKey: FieldName("levels"))
    try fields.encodeIfPresent(symmetry, forKey: FieldName("symmetry"))
    try fields.encodeIfPresent(race, forKey: FieldName("race"))
    try fields.encodeIfPresent(images, forKey: FieldName("images"))
    try fields.encodeIfPresent(accuracy, forKey: FieldName("accuracy"))
    try fields.encodeIfPresent(evaluationsPerVote, forKey: FieldName("evaluationsPerVote"))
  }
}
