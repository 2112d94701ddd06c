import Classifiers

/// run.json: everything that determines the records of a run, and where they were made (Docs/Files.md, run.json).
public struct RunManifest: Hashable, Sendable {
  /// The layout of this file and of the records beside it.
  public var format = 1
  public var program: Program
  /// The command line as it was given; says nothing that the other fields do not.
  public var arguments: [String]
  /// When the run was begun, ISO 8601.
  public var created: String
  public var model: Model
  public var data: Data
  public var classifier: Classifier
  public var smoothing: Smoothing
  public var images: ImageSelection
  /// The pictures that the run binds to; nil in runs of versions before 0.3.0, which bind to the whole data set.
  public var pictures: RunPictures?
  /// What became of selected images of none of the classifier's classes; nil where none was allowed.
  public var otherClasses: OtherClasses?
  /// N, the images that the claim that all certificates hold at once is about, fixed when the run begins, before any
  /// result: at first the number of its images, unless it says more. Absent from runs up to version 0.2.0; absent from
  /// what is asked for, it is the run's.
  public var claim: Int?
  /// Which part of a larger run this one is; nil where it is none.
  public var shard: RunShard?
  /// Where its parts come from, where the run was merged.
  public var merged: MergedParts?
  public var execution: Execution
  public var host: Host

  public init(
    program: Program, arguments: [String], created: String, model: Model, data: Data, classifier: Classifier,
    smoothing: Smoothing, images: ImageSelection, pictures: RunPictures? = nil, otherClasses: OtherClasses? = nil,
    claim: Int? = nil,
    execution: Execution, host: Host
  ) {
    self.program = program
    self.arguments = arguments
    self.created = created
    self.model = model
    self.data = data
    self.classifier = classifier
    self.smoothing = smoothing
    self.images = images
    self.pictures = pictures
    self.otherClasses = otherClasses
    self.claim = claim
    self.execution = execution
    self.host = host
  }

  public struct Program: Hashable, Sendable, Codable {
    public var name: String
    public var version: String

    public init(name: String = "ndc", version: String) {
      self.name = name
      self.version = version
    }
  }

  /// The denoiser.
  public struct Model: Hashable, Sendable, Codable {
    /// The file, or a description such as `analytic:mnist`.
    public var source: String
    /// SHA-256 of the file or of what the description stands for.
    public var digest: String
    /// A separate unconditional checkpoint.
    public var unconditionalSource: String?
    public var unconditionalDigest: String?
    /// What the file does not say came from here: a JSON file, or the name of a published model.
    public var configurationSource: String?
    public var unconditionalConfigurationSource: String?
    /// What the network is by file, description and defaults, key by key, where the file alone does not tell.
    public var description: [String: String]?
    public var unconditionalDescription: [String: String]?
    /// Network, preconditioner and sizes in words.
    public var architecture: String
    public var parameters: Int?
    /// How the model is served, where it is.
    public var served: RunManifest.Served?
    /// An ordinary classifier that gives the votes, and its fingerprint.
    public var classifierSource: String?
    public var classifierDigest: String?

    public init(
      source: String, digest: String, unconditionalSource: String? = nil, unconditionalDigest: String? = nil,
      architecture: String, parameters: Int? = nil
    ) {
      self.source = source
      self.digest = digest
      self.unconditionalSource = unconditionalSource
      self.unconditionalDigest = unconditionalDigest
      self.architecture = architecture
      self.parameters = parameters
    }
  }

  /// The data set.
  public struct Data: Hashable, Sendable, Codable {
    public var source: String
    public var digest: String
    /// How many images it has.
    public var size: Int
    /// What was done to make its images fit the model, such as `padded from 28×28 to 32×32 with zeros`.
    public var adaptation: String?
    /// The names of the classes by label; nil where labels are all there is.
    public var classNames: [String]?

    public init(
      source: String, digest: String, size: Int, adaptation: String? = nil, classNames: [String]? = nil
    ) {
      self.classNames = classNames
      self.source = source
      self.digest = digest
      self.size = size
      self.adaptation = adaptation
    }
  }

  /// The base classifier f.
  public struct Classifier: Hashable, Sendable, Codable {
    /// The specification in one line.
    public var description: String
    public var specification: ClassifierSpecification
    /// `fp32`, `bf16` or `int8`.
    public var precision: String
    /// Noise levels beyond those that the network was trained for; nil where there are none, and where nobody says.
    public var extrapolation: Extrapolation?

    /// Noise levels in model space.
    public struct Extrapolation: Hashable, Sendable, Codable {
      /// The least and the greatest that votes ask for.
      public var levels: [Double]
      /// The least and the greatest of training.
      public var trained: [Double]

      public init(levels: ClosedRange<Double>, trained: ClosedRange<Double>) {
        self.levels = [levels.lowerBound, levels.upperBound]
        self.trained = [trained.lowerBound, trained.upperBound]
      }
    }

    /// - Parameter byClassifier: whether an ordinary classifier gives the votes.
    public init(_ specification: ClassifierSpecification, precision: String, byClassifier: Bool = false) {
      self.specification = specification
      self.precision = precision
      description = specification.description(byClassifier: byClassifier)
    }
  }

  /// How the work is spread; it changes no result.
  public struct Execution: Hashable, Sendable, Codable {
    public var threads: Int
    public var batch: Int

    public init(threads: Int, batch: Int) {
      self.threads = threads
      self.batch = batch
    }
  }
}
