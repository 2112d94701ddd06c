/// What a checkpoint says about itself beside what evaluation needs; nil where it says nothing.
public struct CheckpointNotes: Hashable, Sendable, Codable {
  /// How often labels were dropped in training: above 0, the all-zero label is a trained unconditional model.
  public var labelDropout: Double?
  public var dropout: Double?
  /// The range of noise levels the preconditioner accepts, in model space; the upper end may be infinite.
  public var sigmaMinimum: Double?
  public var sigmaMaximum: Double?
  /// Whether it was trained with 16-bit arithmetic; it is evaluated in whatever precision is asked for.
  public var trainedInHalfPrecision: Bool?
  /// `class_name` of the training set's loader, where the file names one.
  public var trainingSet: String?

  /// What the classes are called, by label.
  public var classNames: [String]?

  /// What was resolved from the file, a description and defaults, where the file alone does not tell everything.
  public var description: [DescriptionItem]?

  /// From σ_min to σ_max, of networks that a description says something of.
  public var trainedLevels: ClosedRange<Double>? {
    guard description != nil, let sigmaMinimum, let sigmaMaximum, sigmaMinimum <= sigmaMaximum else { return nil }
    return sigmaMinimum...sigmaMaximum
  }

  /// Whether its description says that nobody knows whether labels were dropped in training.
  public var isLabelDropoutUnknown: Bool {
    description?.contains { $0.key == Self.labelDropoutKey && $0.value == Self.unknown } ?? false
  }

  static let labelDropoutKey = "label_dropout"
  static let unknown = "unknown"

  public init() {}
}

/// One item of a model's description: what it is and where it came from.
public struct DescriptionItem: Hashable, Sendable, Codable {
  public var key: String
  public var value: String
  /// "the file", "default", or the description's name.
  public var origin: String
}
