import Basics

/// Everything about a model that is not a tensor: preconditioner, network and their constants (Docs/Networks.md).
///
/// It is read from the checkpoint, and written as JSON into the metadata of a safetensors file.
public struct Architecture: Hashable, Sendable, Codable {
  public var preconditioning: Preconditioning
  public var network: Network
  /// Side of the square images.
  public var imageResolution: Int
  public var imageChannels: Int
  /// K; 0 for a model without labels.
  public var labelDimension: Int

  public init(
    preconditioning: Preconditioning, network: Network, imageResolution: Int, imageChannels: Int, labelDimension: Int
  ) {
    self.preconditioning = preconditioning
    self.network = network
    self.imageResolution = imageResolution
    self.imageChannels = imageChannels
    self.labelDimension = labelDimension
  }

  /// F of D(x; s, y) = c_skip·x + c_out·F(c_in·x; c_noise, y).
  public enum Network: Hashable, Sendable {
    case song(SongUNetArchitecture)
    case dhariwal(DhariwalUNetArchitecture)
    case ddpm(DDPMUNetArchitecture)
    case edm2(EDM2UNetArchitecture)
    case multiHead(MultiHeadUNetArchitecture)
  }

  public var imageShape: ImageShape {
    ImageShape(channels: imageChannels, height: imageResolution, width: imageResolution)
  }
}

/// The preconditioner and its constants, as stored in the checkpoint.
public enum Preconditioning: Hashable, Sendable {
  case edm(sigmaData: Double)
  case vp(betaD: Double, betaMin: Double, steps: Int)
  case ve
  /// `u` itself (M + 1 numbers) is the tensor "u".
  case iddpm(c1: Double, c2: Double, steps: Int)
  /// EDM's scalings with t = 1000·ln(s)/4, as consistency models' teacher has it.
  case consistency(sigmaData: Double)
  /// ε, v or x₀ predicted on discrete steps.
  case discrete(DiscreteSchedule)
}

/// SongUNet: DDPM++ and NCSN++.
public struct SongUNetArchitecture: Hashable, Sendable, Codable {
  public enum Embedding: String, Sendable, Codable, CaseIterable { case positional, fourier }
  public enum Encoder: String, Sendable, Codable, CaseIterable { case standard, skip, residual }
  public enum Decoder: String, Sendable, Codable, CaseIterable { case standard, skip }

  public var imageResolution: Int
  public var inputChannels: Int
  public var outputChannels: Int
  public var labelDimension = 0
  public var augmentDimension = 0
  public var modelChannels = 128
  public var channelMultipliers = [1, 2, 2, 2]
  public var embeddingMultiplier = 4
  public var blocks = 4
  public var attentionResolutions = [16]
  public var embedding = Embedding.positional
  public var noiseEmbeddingMultiplier = 1
  public var encoder = Encoder.standard
  public var decoder = Decoder.standard
  public var resampleFilter: [Double] = [1, 1]

  public init(imageResolution: Int, inputChannels: Int, outputChannels: Int) {
    self.imageResolution = imageResolution
    self.inputChannels = inputChannels
    self.outputChannels = outputChannels
  }
}

/// DhariwalUNet: ADM.
public struct DhariwalUNetArchitecture: Hashable, Sendable, Codable {
  public var imageResolution: Int
  public var inputChannels: Int
  public var outputChannels: Int
  public var labelDimension = 0
  public var augmentDimension = 0
  public var modelChannels = 192
  public var channelMultipliers = [1, 2, 3, 4]
  public var embeddingMultiplier = 4
  public var blocks = 3
  public var attentionResolutions = [32, 16, 8]

  public init(imageResolution: Int, inputChannels: Int, outputChannels: Int) {
    self.imageResolution = imageResolution
    self.inputChannels = inputChannels
    self.outputChannels = outputChannels
  }
}
