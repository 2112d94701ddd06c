import Basics
import Certification

extension RunManifest {
  /// The votes and the certificate. σ is the classifier's.
  public struct Smoothing: Hashable, Sendable {
    public var rule: RecordedRule
    public var seed: UInt64
    /// σ in pixels where the file states another one here than of the classifier.
    var contradictingSigma: Double?

    public init(rule: CertificationRule, seed: UInt64) {
      self.rule = .possible(rule)
      self.seed = seed
    }
  }

  /// σ in pixels.
  public var sigma: PixelNoise { PixelNoise(classifier.specification.sigma) }

  /// σ as the file states it of the smoothing; in an honest run ``sigma``.
  package var statedSmoothing: PixelNoise { smoothing.contradictingSigma.map(PixelNoise.init) ?? sigma }

  /// The rule by which votes end.
  ///
  /// - Throws: `UsageError` where σ or the rule's numbers are none.
  public func rule() throws -> CertificationRule {
    try SmoothedClassifier.check(statedSmoothing)
    return try smoothing.rule.get()
  }
}

extension RunManifest: Codable {
  enum CodingKeys: String, CodingKey {
    case format, program, arguments, created, model, data, classifier, classes, smoothing, images, pictures
    case otherClasses, claim, shard, merged, execution, host
  }

  /// `smoothing` as the file holds it: σ beside the rule's own numbers.
  private struct SmoothingForm: Codable {
    var sigma: Double
    var rule: RecordedRule
    var seed: UInt64

    enum CodingKeys: String, CodingKey { case sigma, seed }

    init(_ manifest: RunManifest) {
      sigma = manifest.statedSmoothing.sigma
      rule = manifest.smoothing.rule
      seed = manifest.smoothing.seed
    }

    init(from decoder: any Decoder) throws {
      let container = try decoder.container(keyedBy: CodingKeys.self)
      sigma = try container.decode(Double.self, forKey: .sigma)
      rule = try RecordedRule(from: decoder)
      seed = try container.decode(UInt64.self, forKey: .seed)
    }

    func encode(to encoder: any Encoder) throws {
      try rule.encode(to: encoder)
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(sigma, forKey: .sigma)
      try container.encode(seed, forKey: .seed)
    }
  }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    format = try container.decode(Int.self, forKey: .format)
    program = try container.decode(Program.self, forKey: .program)
    arguments = try container.decode([String].self, forKey: .arguments)
    created = try container.decode(String.self, forKey: .created)
    model = try container.decode(Model.self, forKey: .model)
    data = try container.decode(Data.self, forKey: .data)
    classifier = try container.decode(Classifier.self, forKey: .classifier)
    classifier.specification.classes = try container.decodeIfPresent(ClassSet.self, forKey: .classes)
    let form = try container.decode(SmoothingForm.self, forKey: .smoothing)
    smoothing = Smoothing(form.rule, seed: form.seed)
    images = try container.decode(ImageSelection.self, forKey: .images)
    otherClasses = try container.decodeIfPresent(OtherClasses.self, forKey: .otherClasses)
    pictures = try container.decodeIfPresent(RunPictures.self, forKey: .pictures)
    claim = try container.decodeIfPresent(Int.self, forKey: .claim)
    shard = try container.decodeIfPresent(RunShard.self, forKey: .shard)
    merged = try container.decodeIfPresent(MergedParts.self, forKey: .merged)
    execution = try container.decode(Execution.self, forKey: .execution)
    host = try container.decode(Host.self, forKey: .host)
    if form.sigma != sigma.sigma { smoothing.contradictingSigma = form.sigma }
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(format, forKey: .format)
    try container.encode(program, forKey: .program)
    try container.encode(arguments, forKey: .arguments)
    try container.encode(created, forKey: .created)
    try container.encode(model, forKey: .model)
    try container.encode(data, forKey: .data)
    try container.encode(classifier, forKey: .classifier)
    try container.encodeIfPresent(classifier.specification.classes, forKey: .classes)
    try container.encode(SmoothingForm(self), forKey: .smoothing)
    try container.encode(images, forKey: .images)
    try container.encodeIfPresent(otherClasses, forKey: .otherClasses)
    try container.encodeIfPresent(pictures, forKey: .pictures)
    try container.encodeIfPresent(claim, forKey: .claim)
    try container.encodeIfPresent(shard, forKey: .shard)
    try container.encodeIfPresent(merged, forKey: .merged)
    try container.encode(execution, forKey: .execution)
    try container.encode(host, forKey: .host)
  }
}

extension RunManifest.Smoothing {
  fileprivate init(_ rule: RecordedRule, seed: UInt64) {
    self.rule = rule
    self.seed = seed
  }
}
