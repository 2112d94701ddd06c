import Checkpoints

/// A network F(c_in·x; c_noise, y) that can be compiled: one type in one file for each family of architectures.
///
/// A new one is a conforming type in this folder, a case of `Architecture.Network`, and what the compiler then asks for.
protocol NetworkDefinition: Sendable {
  /// Adds the network's steps to the builder and takes every tensor below `builder.parameters`.
  ///
  /// - Throws: `InputError` naming a tensor that is missing or misshapen, or a field that makes no network.
  func build(in builder: ProgramBuilder) throws -> NetworkPorts

  /// Tensors of the file that evaluation has no use for.
  var unusedTensors: Set<String> { get }

  /// Where in the output's channels those of F(·, ·, label) begin: 0, but for a network with an output for every class.
  func firstOutputChannel(of label: Int?) -> Int

  /// Whether the output holds F(·, ·, y) for every class y and for none.
  var answersAllLabels: Bool { get }

  /// p: input and output are p times smaller than the picture, channel (c·p + dy)·p + dx of position (i, j) being pixel
  /// (p·i + dy, p·j + dx) of channel c.
  var patch: Int { get }
}

extension NetworkDefinition {
  var unusedTensors: Set<String> { [] }

  func firstOutputChannel(of label: Int?) -> Int { 0 }
  var answersAllLabels: Bool { false }
  var patch: Int { 1 }
}

/// Where a network's steps meet what is around them.
struct NetworkPorts {
  /// c_in·x.
  var input: Activation
  /// What is written of noise level and label before the first step.
  var conditions: [ConditionRows]
  /// In fp32.
  var output: Activation
  /// Whether what the first steps make of the conditions is kept for runs with the same ones: where labels are none of
  /// them, those of all runs of a classifier at one level.
  var keepsConditions = false
}

extension Architecture.Network {
  var definition: any NetworkDefinition {
    switch self {
    case .song(let architecture): SongUNet(architecture: architecture)
    case .dhariwal(let architecture): DhariwalUNet(architecture: architecture)
    case .ddpm(let architecture): DDPMUNet(architecture: architecture)
    case .edm2(let architecture): EDM2UNet(architecture: architecture)
    case .multiHead(let architecture): MultiHeadUNet(architecture: architecture)
    }
  }
}
