import Basics
import Checkpoints
import Diffusion
import TestSupport

/// Multi-head networks of any size with random weights.
enum RandomMultiHead {
  static func checkpoint(_ network: MultiHeadUNetArchitecture, seed: UInt64) -> Checkpoint {
    var normals = TestNormals(seed: seed)
    var tensors: [String: CheckpointTensor] = [:]
    func add(_ name: String, _ shape: [Int], mean: Float = 0) {
      let count = shape.reduce(1, *)
      let spread = shape.count == 1 ? 0.2 : 1 / Float(count / shape[0]).squareRoot()
      tensors["model." + name] = CheckpointTensor(
        (0..<count).map { _ in mean + spread * Float(normals.next()) }, shape: shape)
    }
    func layer(_ name: String, _ shape: [Int]) {
      add(name + ".weight", shape)
      add(name + ".bias", [shape[0]])
    }
    func norm(_ name: String, _ channels: Int) {
      add(name + ".weight", [channels], mean: 1)
      add(name + ".bias", [channels])
    }
    func block(_ name: String, _ inputs: Int, _ outputs: Int) {
      norm(name + ".norm0", inputs)
      layer(name + ".conv0", [outputs, inputs, 3, 3])
      layer(name + ".affine", [2 * outputs, network.embeddingChannels])
      norm(name + ".norm1", outputs)
      layer(name + ".conv1", [outputs, outputs, 3, 3])
      if inputs != outputs { layer(name + ".skip", [outputs, inputs, 1, 1]) }
    }
    func place(_ level: Int) -> String { "\(network.side(level))x\(network.side(level))" }
    layer("map_layer0", [network.embeddingChannels, network.noiseChannels])
    layer("map_layer1", [network.embeddingChannels, network.embeddingChannels])
    layer("enc.\(place(0))_conv", [network.channels[0], network.patchChannels, 3, 3])
    var width = network.channels[0]
    for (level, channels) in network.channels.enumerated() {
      for index in 0..<network.encoderBlocks[level] {
        block("enc.\(place(level))_block\(index)", width, channels)
        width = channels
      }
    }
    for level in network.channels.indices.dropLast().reversed() {
      layer("dec.\(place(level))_lift", [network.channels[level], width, 1, 1])
      width = network.channels[level]
      for index in 0..<network.decoderBlocks[level] { block("dec.\(place(level))_block\(index)", width, width) }
    }
    norm("out_norm", width)
    layer("out_conv", [network.heads * network.patchChannels, width, 1, 1])
    return Checkpoint(
      file: "random", digest: "",
      architecture: Architecture(
        preconditioning: .edm(sigmaData: 0.5), network: .multiHead(network), imageResolution: network.imageResolution,
        imageChannels: network.imageChannels, labelDimension: network.labelDimension),
      tensors: tensors, notes: CheckpointNotes())
  }
}
