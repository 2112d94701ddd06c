import Basics
import Checkpoints
import Classifiers
import UNets

/// What a checkpoint is, checked completely: every tensor is used and every tensor needed is there.
public struct ModelInspection: Encodable, Sendable {
  public var file: String
  public var digest: String
  public var architecture: Architecture
  public var notes: CheckpointNotes
  /// What trained it, as its file says.
  public var training: String?
  public var parameters: Int
  public var tensors: Int
  public var imageShape: ImageShape
  /// 0 for an unconditional model.
  public var classes: Int
  /// How it can classify, in the command line's words.
  public var methods: [String]
  /// Scratch memory of one worker in fp32.
  public var workerBytes: Int
  public var precisionsHere: [String]
  public var quantization: Ranges?
  public var engine: String
  /// What is worth saying about how it was read.
  public let remarks: [String]
  /// Whether it denoises without a label.
  public let answersWithoutLabel: Bool
  /// Whether one evaluation answers for every class and for none.
  public let answersAllAtOnce: Bool
  /// The networks behind it, fp32 and where there are ranges int8.
  public let networks: [UNetDenoiser]

  enum CodingKeys: String, CodingKey {
    case file, digest, architecture, notes, training, parameters, tensors, imageShape, classes, methods, workerBytes,
      precisionsHere, quantization, engine
  }

  /// The ranges that int8 needs, and where they come from.
  public struct Ranges: Encodable, Sendable {
    public var convolutions: Int
    public var ofConvolutions: Int
    public var rule: String
    public var data: String
    public var dataDigest: String
    public var images: Int
    public var levels: [Double]
    public var seed: UInt64
    /// How bytes are used here.
    public var arithmetic: String

    init(_ quantization: Quantization, _ network: UNetDenoiser) {
      let calibration = quantization.calibration
      convolutions = quantization.inputs.count
      ofConvolutions = network.quantizableConvolutions
      rule = calibration.rule.rawValue
      data = calibration.data
      dataDigest = calibration.digest
      images = calibration.images
      levels = calibration.levels
      seed = calibration.seed
      arithmetic = Int8Arithmetic.here.description
    }
  }

  /// - Parameter description: what the file does not say: a JSON file, or the name of a published model.
  /// - Throws: `InputError` naming the file and what is wrong in it.
  public init(_ path: String, description: String? = nil) throws {
    let checkpoint = try Checkpoint.load(path: path, description: description.map { try ModelDescription($0) })
    let network = try UNetDenoiser(checkpoint)
    // A quantisation that does not fit the network shows when the network is built with it.
    let int8 = try checkpoint.quantization.map { _ in try UNetDenoiser(checkpoint, precision: .int8) }
    file = path
    digest = checkpoint.digest
    architecture = checkpoint.architecture
    notes = checkpoint.notes
    training = checkpoint.training
    parameters = checkpoint.parameterCount
    tensors = checkpoint.tensors.count
    imageShape = checkpoint.architecture.imageShape
    classes = checkpoint.architecture.labelDimension
    methods = classes > 0 ? ClassificationMethod.allCases.filter(\.hasLevels).map(\.rawValue) : []
    workerBytes = network.workerBytes
    precisionsHere = Precision.available(for: checkpoint).map(\.rawValue)
    quantization = checkpoint.quantization.map { Ranges($0, network) }
    engine = "\(EngineIdentity.library), \(EngineIdentity.kernels) kernels"
    remarks = checkpoint.remarks
    answersWithoutLabel = network.isUnconditionalAvailable
    answersAllAtOnce = network.scope == .classesAndNone
    networks = [network, int8].compactMap(\.self)
  }
}

extension Precision {
  /// Those that run as themselves here, and that the checkpoint has what it takes for.
  public static func available(for checkpoint: Checkpoint) -> [Precision] {
    allCases.filter { $0.availableHere == $0 && ($0 != .int8 || checkpoint.quantization != nil) }
  }
}
