import Basics

extension RunOrigin {
  /// The smoothing noise, the votes and the certificate.
  public struct Smoothing: Hashable, Sendable {
    /// σ in pixels.
    public var sigma: Double?
    public var selectionSamples: Int?
    public var samples: Int?
    public var alpha: Double?
    public var stop: String?
    /// Radii in pixels at which votes end; under `targetRadius` or `targets` a single one or several too.
    public var targetRadii: [Double] = []
    public var radiusTolerance: Double?
    public var hopelessChance: Double?
    public var seed: UInt64?
    /// What only a newer version knows.
    public var unknown: [String: JSONValue] = [:]

    public init() {}
  }

  /// What makes the base classifier. Words are those of the file: a newer version has others.
  public struct Specification: Hashable, Sendable {
    /// apndc, epndc, …
    public var method: String?
    public var sigma: Double?
    public var timesteps: Int?
    public var levels: [Double]?
    public var skipSteps: Int?
    public var weighting: String?
    public var calibration: JSONValue?
    public var noiseSharing: String?
    public var elimination: [String: JSONValue]?
    public var symmetry: String?
    /// What only a newer version knows.
    public var unknown: [String: JSONValue] = [:]

    public init() {}
  }
}

extension RunOrigin.Smoothing: Decodable {
  private enum CodingKeys: String, CodingKey {
    case sigma, selectionSamples, samples, alpha, stop, targetRadii, targetRadius, targets, radiusTolerance,
      hopelessChance, seed
  }

  public init(from decoder: any Decoder) throws {
    let fields = try decoder.container(keyedBy: CodingKeys.self)
    sigma = try fields.decodeIfPresent(Double.self, forKey: .sigma)
    selectionSamples = try fields.decodeIfPresent(Int.self, forKey: .selectionSamples)
    samples = try fields.decodeIfPresent(Int.self, forKey: .samples)
    alpha = try fields.decodeIfPresent(Double.self, forKey: .alpha)
    stop = try fields.decodeIfPresent(String.self, forKey: .stop)
    for key in [CodingKeys.targetRadii, .targetRadius, .targets] where targetRadii.isEmpty {
      if let radius = try? fields.decodeIfPresent(Double.self, forKey: key) {
        targetRadii = [radius]
      } else {
        targetRadii = try fields.decodeIfPresent([Double].self, forKey: key) ?? []
      }
    }
    radiusTolerance = try fields.decodeIfPresent(Double.self, forKey: .radiusTolerance)
    hopelessChance = try fields.decodeIfPresent(Double.self, forKey: .hopelessChance)
    seed = try fields.decodeIfPresent(UInt64.self, forKey: .seed)
    unknown = try decoder.fields(notIn: CodingKeys.self)
  }
}

extension RunOrigin.Specification: Decodable {
  private enum CodingKeys: String, CodingKey {
    case method, sigma, timesteps, levels, skipSteps, weighting, calibration, noiseSharing, elimination, symmetry
  }

  public init(from decoder: any Decoder) throws {
    let fields = try decoder.container(keyedBy: CodingKeys.self)
    method = try fields.decodeIfPresent(String.self, forKey: .method)
    sigma = try fields.decodeIfPresent(Double.self, forKey: .sigma)
    timesteps = try fields.decodeIfPresent(Int.self, forKey: .timesteps)
    levels = try fields.decodeIfPresent([Double].self, forKey: .levels)
    skipSteps = try fields.decodeIfPresent(Int.self, forKey: .skipSteps)
    weighting = try fields.decodeIfPresent(String.self, forKey: .weighting)
    calibration = try fields.decodeIfPresent(JSONValue.self, forKey: .calibration)
    noiseSharing = try fields.decodeIfPresent(String.self, forKey: .noiseSharing)
    elimination = try fields.decodeIfPresent([String: JSONValue].self, forKey: .elimination)
    symmetry = try fields.decodeIfPresent(String.self, forKey: .symmetry)
    unknown = try decoder.fields(notIn: CodingKeys.self)
  }
}

extension Decoder {
  /// The object's members that `keys` does not name.
  fileprivate func fields<Keys: CodingKey>(notIn keys: Keys.Type) throws -> [String: JSONValue] {
    let members = try container(keyedBy: FieldName.self)
    return try members.allKeys.reduce(into: [:]) { fields, name in
      guard Keys(stringValue: name.stringValue) == nil else { return }
      fields[name.stringValue] = try members.decode(JSONValue.self, forKey: name)
    }
  }
}

extension RunOrigin {
  /// What two runs that differ in σ alone have in common.
  public struct MethodKey: Hashable, Sendable {
    private let modelDigest: String?
    private let unconditionalDigest: String?
    private var dataDigest: String?
    private let precision: String?
    private var images: Images?
    private let classes: ClassSet?
    private let otherClasses: OtherClasses?
    private let specification: Specification?
    private let smoothing: Smoothing?

    init(_ origin: RunOrigin) {
      modelDigest = origin.model?.digest
      unconditionalDigest = origin.model?.unconditionalDigest
      dataDigest = origin.data?.digest
      precision = origin.classifier?.precision
      images = origin.images
      classes = origin.classes
      otherClasses = origin.otherClasses
      specification = origin.classifier?.specification?.atAnySigma
      smoothing = origin.smoothing?.atAnySigma
    }

    /// What the parts of one run have in common, too.
    package var atAnyImages: MethodKey {
      var key = self
      key.images = nil
      return key
    }

    /// The same of parts whose records say which pictures they are about: their folders may hold others besides.
    package var atAnyData: MethodKey {
      var key = atAnyImages
      key.dataDigest = nil
      return key
    }
  }

  public var methodKey: MethodKey { MethodKey(self) }
}

extension RunOrigin.Smoothing {
  /// Without σ and what follows from it, and without the seed.
  fileprivate var atAnySigma: Self {
    var smoothing = self
    smoothing.sigma = nil
    smoothing.seed = nil
    if let radiusTolerance, let sigma, sigma > 0 {
      // By default a share of σ; rounded, for the quotients of decimals differ in their last bits.
      smoothing.radiusTolerance = (radiusTolerance / sigma * 1e9).rounded() / 1e9
    }
    return smoothing
  }
}

extension RunOrigin.Specification {
  private static let learned = "learned"

  /// Without σ and what was learned for it.
  fileprivate var atAnySigma: Self {
    var specification = self
    specification.sigma = nil
    if weighting == Self.learned {
      // Learned once for each σ, levels and race alike: which kind of elimination it is remains.
      specification.calibration = nil
      specification.elimination = elimination?.mapValues { _ in .null }
    }
    return specification
  }
}
